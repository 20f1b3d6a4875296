package las

// median follows the middle of five recent values: each new value drives out the highest or the lowest,
// in turn as the values fall on either side of the middle.
type median struct {
	v   [5]int32 // ascending; the prediction is v[2]
	low bool     // the lowest leaves next
}

func (m *median) add(a int32) {
	v := &m.v
	if m.low {
		m.low = a > v[2]
		w1, w2, w3, w4 := v[1], v[2], v[3], v[4]
		v[0], v[1], v[2], v[3], v[4] = min(w1, a), max(w1, min(w2, a)), max(w2, min(w3, a)), max(w3, min(w4, a)), max(w4, a)
		return
	}
	m.low = a >= v[2]
	w0, w1, w2, w3 := v[0], v[1], v[2], v[3]
	v[0], v[1], v[2], v[3], v[4] = min(w0, a), max(w0, min(w1, a)), max(w1, min(w2, a)), max(w2, min(w3, a)), max(w3, a)
}
