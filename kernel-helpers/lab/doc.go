// Package lab contains the files of the laboratory that install.sh sets up: the
// locked Python requirements, the template of the kernelspec, and JupyterLab's
// settings. It also contains the tests of the whole project: which package may
// import which, whether the notebooks' outputs are as committed, and how the
// notebooks work in a browser.
package lab
