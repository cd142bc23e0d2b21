// Package notebook reads, runs and writes Jupyter notebooks (nbformat 4.0 to
// 4.5).
//
// A [Notebook] keeps the bytes from which it was read. Only what a run changes
// is rewritten: the outputs and execution counts of the cells that ran, their
// times if the notebook records any, and the notebook's language_info.
// Everything else, even if this package doesn't know it, is written byte for
// byte as it was read. Rewritten parts have the format in which JupyterLab
// saves them: indented by one space, with sorted keys, non-ASCII text
// unescaped, and text as a list of lines.
//
// [Run] executes a notebook's code cells on a kernel and collects the outputs
// by JupyterLab's rules, so that the result equals what JupyterLab or nbclient
// would have saved. [Shape] summarizes outputs in such a way that two correct
// runs of the same notebook compare equal although times and ports differ.
//
// A Notebook is not safe for concurrent use. Different notebooks are
// independent.
package notebook
