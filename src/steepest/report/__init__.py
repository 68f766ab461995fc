"""One offline page of a descent, and the plain data that it is made of."""

from steepest.report.page import report_data as report_data
from steepest.report.page import write_report as write_report
