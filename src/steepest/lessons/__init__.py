"""The course: lessons to work through, exercises that check themselves, predictions, and a museum of broken loops."""

from steepest.lessons import museum as museum
from steepest.lessons.course import COURSE as COURSE
from steepest.lessons.desk import agree as agree
from steepest.lessons.desk import check as check
from steepest.lessons.desk import exercises as exercises
from steepest.lessons.desk import explain as explain
from steepest.lessons.desk import hint as hint
from steepest.lessons.desk import predict as predict
from steepest.lessons.desk import solution as solution
from steepest.lessons.desk import task as task
from steepest.lessons.examination import exam as exam
from steepest.lessons.printing import worksheet as worksheet
from steepest.lessons.reply import Reply as Reply
