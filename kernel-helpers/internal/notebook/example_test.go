package notebook_test

import (
	"fmt"

	"example.com/speedup/kernel-helpers/internal/notebook"
)

func ExampleShape() {
	nb, err := notebook.Parse([]byte(`{
	 "nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [{
	  "cell_type": "code", "id": "a", "metadata": {}, "source": "…", "execution_count": 1,
	  "outputs": [
	   {"output_type": "stream", "name": "stdout", "text": [
	    "Read 10490 from http://127.0.0.1:34567/\n",
	    "Read 276 from http://127.0.0.1:34567/\n",
	    "Downloaded 2 in 0.05 seconds\n"]},
	   {"output_type": "display_data", "metadata": {}, "data": {"image/svg+xml": "<svg/>", "text/plain": "2 in flight"}}]}]}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(notebook.Shape(nb.Cells()[0].Outputs()))
	// Output:
	// stdout: 1× Downloaded # in # seconds
	// stdout: 2× Read # from http://#/
	// display_data image/svg+xml text/plain
	//   text/plain: 1× # in flight
}
