// Package nbgrader runs nbgrader, which is Python: it releases assignments and
// puts results into nbgrader's gradebook.
//
// The folder also holds our side in Python. speedup_gradebook.py takes the results
// of a class, in a process that [WriteGradebook] starts. speedup_nbgrader.py has
// the classes by which nbgrader's own commands use this grader;
// lab/nbgrader_config.py names them.
package nbgrader
