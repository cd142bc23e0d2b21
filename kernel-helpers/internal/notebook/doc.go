// Package notebook reads, runs and writes Jupyter notebooks (nbformat 4.0 to 4.5).
//
// A [Notebook] keeps the bytes it was read from. Only what a run changes is
// written anew: the outputs and execution counts of the cells that ran, their
// times if the notebook records any, and the notebook's language_info. All
// else, known or unknown to this package, leaves as it came, byte for byte.
// What is written anew looks as JupyterLab saves it: indented by one space,
// keys sorted, non-ASCII text as it is, text as a list of lines.
//
// [Run] executes a notebook's code cells on a kernel and collects outputs by
// the rules that JupyterLab follows, so that its result equals what JupyterLab
// or nbclient would have saved. [Shape] sums up outputs so that two honest
// runs of one notebook compare equal although times and ports differ.
//
// A Notebook is not safe for concurrent use; different notebooks are
// independent of each other.
package notebook
