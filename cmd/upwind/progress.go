package main

import (
	"os"
	"sync"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
)

// showProgress is set once, when the command line is read: standard error is a terminal and nobody asked for quiet.
var showProgress bool

// bar is one progress bar on standard error; without a terminal it does nothing.
type bar struct {
	mu sync.Mutex
	p  *mpb.Progress
	b  *mpb.Bar
}

func newBar(name string) *bar {
	if !showProgress {
		return &bar{}
	}
	p := mpb.New(mpb.WithOutput(os.Stderr), mpb.WithWidth(48))
	return &bar{p: p, b: p.AddBar(0,
		mpb.PrependDecorators(decor.Name(name+" ", decor.WCSyncSpaceR)),
		mpb.AppendDecorators(decor.CountersNoUnit("%d / %d "), decor.Elapsed(decor.ET_STYLE_GO)),
		mpb.BarRemoveOnComplete())}
}

// set shows done of total.
func (b *bar) set(done, total int64) {
	if b.b == nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.b.SetTotal(total, false)
	b.b.SetCurrent(done)
}

// finish removes the bar.
func (b *bar) finish() {
	if b.b == nil {
		return
	}
	b.b.SetTotal(-1, true)
	b.b.Abort(true)
	b.p.Wait()
}
