package bus_test

import (
	"context"
	"fmt"
	"os"

	"upwind/bus"
)

func Example() {
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "upwind-example-*")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	b, err := bus.Connect(ctx, bus.Config{Dir: dir, Log: bus.QuietLog()})
	if err != nil {
		panic(err)
	}
	defer b.Close()

	queued, _ := b.Jobs().Submit(ctx, "detect", "job-1", []byte(`{"asset":"a"}`))
	twice, _ := b.Jobs().Submit(ctx, "detect", "job-1", []byte(`{"asset":"a"}`))
	fmt.Println("queued:", queued, twice)

	lease, err := b.Jobs().Next(ctx, "detect")
	if err != nil {
		panic(err)
	}
	created, _ := b.Detections().Create(ctx, lease.ID(), []byte(`{"version":1,"job_id":"job-1","detections":[]}`))
	again, _ := b.Detections().Create(ctx, lease.ID(), []byte(`{"version":1,"job_id":"job-1","detections":[]}`))
	fmt.Println("created:", created, again)

	_ = lease.Done(ctx)
	left, _ := b.Jobs().Outstanding(ctx)
	fmt.Println("outstanding:", left)
	// Output:
	// queued: true false
	// created: true false
	// outstanding: 0
}
