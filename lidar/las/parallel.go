package las

import "sync"

const (
	// aheadBytes is the most that a chunk may unfold to and still be decoded ahead in one piece.
	aheadBytes = 8 << 20
	// pointsPerByte bounds what the code of a chunk can hold: a symbol takes thousandths of a bit at least.
	pointsPerByte = 4096
	// maxThreads bounds what [Reader.Threads] takes.
	maxThreads = 64
)

// ahead decodes the next chunks at the same time, each by itself, and hands them out in file order.
type ahead struct {
	slots chan struct{} // one for every thread
	queue []*job        // the next chunks, in order
}

// chunkBuffers holds the buffers of chunks decoded ahead, for all readers: fresh memory for every file costs as
// much as a tenth of its decoding.
var chunkBuffers sync.Pool

// buffer is at least n bytes.
func buffer(n int64) []byte {
	if b, ok := chunkBuffers.Get().(*[]byte); ok && int64(cap(*b)) >= n {
		return (*b)[:cap(*b)]
	}
	return make([]byte, n)
}

// release gives a job's buffer back; what was handed out of it is no longer valid.
func (j *job) release() {
	if j.buf != nil {
		chunkBuffers.Put(&j.buf)
	}
}

// job is a chunk that is decoded ahead and then handed out.
type job struct {
	chunk  int
	record int // bytes
	span   span
	done   chan struct{}
	buf    []byte // room for the records
	left   []byte // records not yet handed out
	own    int64  // points it says it holds
	end    int64
	err    error // behind the records
}

// next hands out the chunk that c stands at; nil when it has to be decoded while it is read.
func (a *ahead) next(c *compressed) *job {
	if j, ok := c.open.(*job); ok {
		j.release()
		c.open = nil
	}
	if len(a.queue) > 0 && a.queue[0].chunk != c.chunk {
		a.stop()
	}
	for len(a.queue) < 2*cap(a.slots) && a.start(c, c.chunk+len(a.queue)) {
	}
	if len(a.queue) == 0 {
		return nil
	}
	j := a.queue[0]
	a.queue = a.queue[1:]
	<-j.done
	return j
}

// start decodes a chunk ahead, if its place is known and its size is no burden.
func (a *ahead) start(c *compressed, chunk int) bool {
	known := c.r.laz.table.known
	if chunk+1 >= len(known) || known[chunk].point >= c.r.count {
		return false
	}
	s := c.spanOf(chunk)
	bytes := s.points * int64(c.r.h.RecordLength)
	if s.points > aheadBytes || bytes > aheadBytes || s.points > pointsPerByte*(s.end-s.offset) {
		return false
	}
	j := &job{chunk: chunk, record: int(c.r.h.RecordLength), span: s, done: make(chan struct{})}
	j.buf = buffer(bytes)
	a.queue = append(a.queue, j)
	go func(sel Layers) {
		defer close(j.done)
		a.slots <- struct{}{}
		defer func() { <-a.slots }()
		j.run(c.r, sel, j.buf[:bytes])
	}(c.r.sel)
	return true
}

func (j *job) run(r *Reader, sel Layers, dst []byte) {
	d := r.takeDecoder()
	defer r.decoders.Put(d)
	if j.own, j.err = d.start(r.src, j.span, sel); j.err != nil || j.own < j.span.points {
		return
	}
	n, err := d.read(dst)
	if j.left = dst[:n*j.record]; err == nil {
		j.end, err = d.finish()
	}
	j.err = err
}

func (j *job) read(dst []byte) (int, error) {
	n := copy(dst, j.left)
	j.left = j.left[n:]
	if n < len(dst) {
		return n / j.record, j.err
	}
	return n / j.record, nil
}

// early is why not even the first record came out.
func (j *job) early() error {
	if len(j.left) == 0 {
		return j.err
	}
	return nil
}

func (j *job) finish() (int64, error) { return j.end, j.err }

// stop waits for what runs and drops it.
func (a *ahead) stop() {
	for _, j := range a.queue {
		<-j.done
		j.release()
	}
	a.queue = nil
}
