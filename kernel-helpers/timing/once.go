package timing

import "fmt"

// Once is [Downloads] for work that need not be measured again. If this machine
// has a kept result of the same name and settings, Once prints that one and
// doesn't run f. Delete measured.json to measure everything again.
func Once(name string, n int, f func() error, options ...Setting) Result {
	wanted := Result{Name: name, Settings: gather(options).values, Machine: thisMachine()}
	all := kept.all()
	if i := find(all, wanted); i >= 0 && all[i].Machine.same(wanted.Machine) {
		stdout.line(fmt.Sprintf("%s: %s seconds, measured %s", name, seconds(all[i].Seconds), all[i].Date.Format("2006-01-02")))
		return all[i]
	}
	result := must(measure("", name, n, f, gather(append(options, ShowLines(0)))))
	stdout.line(fmt.Sprintf("%s: %s seconds, measured now", name, seconds(result.Seconds)))
	return result
}
