// Package lab holds what makes the laboratory that install.sh sets up: the
// locked Python requirements, the kernelspec's template, JupyterLab's settings,
// and the tests of the whole: which package may import which, the notebooks run
// headless and compared with what is committed, and the walks in a browser.
package lab
