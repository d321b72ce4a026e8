"""A package, because other rooms have a `test_lectures` and a `test_student` too."""
