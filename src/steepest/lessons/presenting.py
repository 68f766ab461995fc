"""Links that open a lesson's page where the lesson speaks of it: start, rate, step, what is hidden, presenting."""

from __future__ import annotations

LINKS: dict[int, tuple[tuple[str, str], ...]] = {
    1: (
        ("In the fog, nothing judged", "fog=1&hide=verdict,curvature,derivation,graph,script,table"),
        ("The surface, to show afterwards", "presenting=1"),
    ),
    2: (
        ("A line to drag, and its squares", "hide=curve,rate,transport,narration,verdict&presenting=1"),
        ("The line the points were made from", "m=-0.5&b=2&hide=verdict"),
    ),
    5: (
        ("The first forward pass", "phase=1&presenting=1"),
        ("After one round: the gradient is stale", "phase=4&presenting=1"),
        ("Round 20, where b is back", "at=20&look=contour&presenting=1"),
        ("Above the cliff, nothing judged", "rate=0.055&hide=verdict,zones&presenting=1"),
    ),
    7: (
        (
            "The graph alone, to walk backward",
            "hide=landscape,fit,curve,cards,transport,rate,narration,settings,predict,verdict,curvature,derivation",
        ),
    ),
    8: (
        ("A rate to be guessed", "rate=0.055&predicting=1"),
        ("A zigzag that arrives", "rate=0.05&look=contour&presenting=1"),
        ("The cliff hidden, to be found by hand", "hide=zones,verdict,curvature"),
    ),
    9: (
        ("Down the wall, then along the valley", "at=3&look=contour&presenting=1"),
        ("Standardised: round", "standardise=1&rate=0.5&look=contour&presenting=1"),
    ),
    10: (("A batch at rest on a ground of its own", "at=1000&presenting=1"),),
    11: (("In the middle of the saddle", "at=25&presenting=1"),),
    12: (
        ("The table as it is: it crawls", "look=contour&presenting=1"),
        ("The same table, standardised", "standardise=1&rate=0.2&look=contour&presenting=1"),
    ),
}
"""By lesson: what is seen, and the fragment of the page's address. `steepest learn --page` writes the pages."""


def page_file(number: int) -> str:
    """Name the file of a lesson's page in the course's site."""
    return f"{number:02d}-page.html"
