package invert

import (
	"context"
	"testing"
)

// A turn of 180 rays with 5,334 bins in four channels: parallel and perpendicular, digitised and counted.
func BenchmarkRun(b *testing.B) {
	s, _ := simulation{rays: 180, bins: 5334, haze: 2e-4, ratioSr: 50, light: 500, skylight: 2, depol: 0.1, shots: 1000, plume: fourPlumes, seed: 1}.run()
	b.ReportAllocs()
	for b.Loop() {
		f, err := Run(context.Background(), s, Options{LidarRatioSr: 50})
		if err != nil {
			b.Fatal(err)
		}
		if b.N == 1 {
			b.Log(f.Notes)
		}
	}
}
