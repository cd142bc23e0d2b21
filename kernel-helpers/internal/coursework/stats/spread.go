package stats

import "slices"

// Spread says how points are spread over students.
type Spread struct {
	Students int     `json:"students"`
	Min      float64 `json:"min"`
	Q1       float64 `json:"q1"`
	Median   float64 `json:"median"`
	Q3       float64 `json:"q3"`
	Max      float64 `json:"max"`
	Mean     float64 `json:"mean"`
}

// spreadOf returns the spread of points; the zero Spread of none.
func spreadOf(points []float64) Spread {
	if len(points) == 0 {
		return Spread{}
	}
	sorted := slices.Sorted(slices.Values(points))
	var sum float64
	for _, p := range sorted {
		sum += p
	}
	at := func(share float64) float64 {
		place := share * float64(len(sorted)-1)
		i := int(place)
		if i+1 >= len(sorted) {
			return sorted[i]
		}
		return sorted[i] + (place-float64(i))*(sorted[i+1]-sorted[i])
	}
	return Spread{len(sorted), sorted[0], at(0.25), at(0.5), at(0.75), sorted[len(sorted)-1], sum / float64(len(sorted))}
}
