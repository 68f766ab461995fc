"""One offline page of a descent, in which it can be touched, and the plain data that it is made of."""

from steepest.report.page import report_data as report_data
from steepest.report.page import show_report as show_report
from steepest.report.page import write_report as write_report
