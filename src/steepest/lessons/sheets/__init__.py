"""The exercises and predictions of the course: one file a lesson, a row here for each."""

from steepest.lessons.sheets import (
    lesson_01,
    lesson_02,
    lesson_03,
    lesson_04,
    lesson_05,
    lesson_06,
    lesson_07,
    lesson_08,
    lesson_09,
    lesson_10,
    lesson_11,
    lesson_12,
)

LESSONS = (
    lesson_01,
    lesson_02,
    lesson_03,
    lesson_04,
    lesson_05,
    lesson_06,
    lesson_07,
    lesson_08,
    lesson_09,
    lesson_10,
    lesson_11,
    lesson_12,
)

EXERCISES = {exercise.name: exercise for sheet in LESSONS for exercise in sheet.EXERCISES}
PREDICTIONS = {prediction.name: prediction for sheet in LESSONS for prediction in sheet.PREDICTIONS}
