package las

// SetWindow makes the windows on compressed bytes small, for tests.
func (r *Reader) SetWindow(n int) { r.laz.window = n }
