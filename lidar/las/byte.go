package las

// bytesV1 is item BYTE, version 1.
type bytesV1 struct {
	last  []byte
	bytes *integer
}

func newBytesV1(n int) *bytesV1 { return &bytesV1{last: make([]byte, n), bytes: newInteger(8, n)} }

func (e *bytesV1) start(raw []byte) { copy(e.last, raw) }

func (e *bytesV1) decode(d *decoder, b []byte) {
	for i, last := range e.last {
		e.last[i] = byte(e.bytes.decode(d, int32(last), uint32(i)))
	}
	copy(b, e.last)
}

// bytesV2 is item BYTE, version 2.
type bytesV2 struct {
	last []byte
	d    []model
}

func newBytesV2(n int) *bytesV2 { return &bytesV2{last: make([]byte, n), d: newModels(n, 256)} }

func (e *bytesV2) start(raw []byte) { copy(e.last, raw) }

func (e *bytesV2) decode(d *decoder, b []byte) {
	last := e.last[:len(e.d)]
	for i := range e.d {
		last[i] += byte(d.symbol(&e.d[i]))
	}
	copy(b, last)
}
