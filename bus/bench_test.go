package bus

import (
	"fmt"
	"testing"
)

func BenchmarkCreate(b *testing.B) {
	bus, ctx := StartTest(b), testContext(b)
	for i := 0; b.Loop(); i++ {
		if _, err := bus.Detections().Create(ctx, fmt.Sprint(i), []byte("{}")); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkLedgerAppend(b *testing.B) {
	bus, ctx := StartTest(b), testContext(b)
	for i := 0; b.Loop(); i++ {
		if _, err := bus.Ledger().Append(ctx, observed(b, fmt.Sprint(i), "1"), ExpectNew()); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkJob(b *testing.B) {
	bus, ctx := StartTest(b), testContext(b)
	for i := 0; b.Loop(); i++ {
		if _, err := bus.Jobs().Submit(ctx, "r", fmt.Sprint(i), []byte("{}")); err != nil {
			b.Fatal(err)
		}
		l, err := bus.Jobs().Next(ctx, "r")
		if err == nil {
			err = l.Done(ctx)
		}
		if err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkReplay(b *testing.B) {
	bus, ctx := StartTest(b), testContext(b)
	for c := range 10 {
		drafts := []Draft{{observed(b, fmt.Sprint(c), "1"), ExpectNew()}}
		for i := 1; i < 1000; i++ {
			drafts = append(drafts, Draft{strengthened(b, fmt.Sprint(c), "1", i, "w"), ExpectHead()})
		}
		if _, err := bus.Ledger().AppendBatch(ctx, drafts); err != nil {
			b.Fatal(err)
		}
	}
	for b.Loop() { // one op is 10,000 events verified
		if breaks, err := bus.Ledger().Verify(ctx); err != nil || len(breaks) > 0 {
			b.Fatal(err, breaks)
		}
	}
}
