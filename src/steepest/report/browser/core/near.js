// What is costly to show is kept up only while it is near the screen, so that steps stay quick; and on paper.

/**
 * Give a function to be called when something has changed: it updates now, or as soon as the place comes near.
 * @param {HTMLElement} place @param {() => void} update
 */
export function whileNear(place, update) {
  let near = false, due = true;
  const catchUp = () => {
    if (due) update();
    due = false;
  };
  new IntersectionObserver(([entry]) => {
    near = entry.isIntersecting;
    if (near) catchUp();
  }, { rootMargin: "300px" }).observe(place);
  window.addEventListener("beforeprint", catchUp);
  return () => {
    due = true;
    if (near) catchUp();
  };
}
