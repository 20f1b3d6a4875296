package las_test

import (
	"bytes"
	"context"
	"fmt"
	"log"

	"upwind/lidar/las"
)

// yard is a small file of format 7 with a described extra dimension: five points, from the ground to a heap.
func yard() []byte {
	var file memory // an io.WriteSeeker, as *os.File is one
	w, err := las.Create(&file, las.Spec{Format: 7, EPSG: 32650, Offset: [3]float64{500000, 4036000, 0},
		ExtraDims: []las.ExtraDim{{Name: "height", Type: las.ExtraInt16, Scale: [3]float64{0.01}, Description: "above ground, m"}}})
	if err != nil {
		log.Fatal(err)
	}
	height := w.ExtraDims()[0]
	for i := range 5 {
		h := float64(i) * 1.25
		p := las.Point{X: 500000 + float64(i), Y: 4036000, Z: 31 + h, Class: las.ClassGround, Return: 1, Returns: 1}
		if err := height.Set(&p, h); err != nil {
			log.Fatal(err)
		}
		if err := w.Write([]las.Point{p}); err != nil {
			log.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		log.Fatal(err)
	}
	return file.b
}

// Open a file and look at every point. An *os.File does as well, with [las.Open].
func Example() {
	file := yard()
	r, err := las.OpenNamed("yard.las", bytes.NewReader(file), int64(len(file)))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(r.Count(), "points of format", r.Header().Format, "in EPSG", r.CRS().EPSG, r.Warnings())
	highest := 0.0
	for p, err := range r.Points() {
		if err != nil {
			log.Fatal(err)
		}
		highest = max(highest, p.Z)
	}
	fmt.Println("up to", highest, "m")
	// Output:
	// 5 points of format 7 in EPSG 32650 []
	// up to 36 m
}

// Of layered LAZ only the attributes that are wanted are decoded. X and Y always are.
func ExampleReader_Select() {
	file := smallOctree() // layered LAZ
	r, err := las.OpenNamed("yard.copc.laz", bytes.NewReader(file), int64(len(file)))
	if err != nil {
		log.Fatal(err)
	}
	if err := r.Select(las.LayerZ | las.LayerClass); err != nil {
		log.Fatal(err)
	}
	for p, err := range r.Points() {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(p.X, p.Y, p.Z, p.Class)
	}
	// Output:
	// 8 8 8 0
	// 1 1 1 0
	// 15 15 15 0
	// 13 13 9 0
}

// A box of a Cloud Optimized Point Cloud, without reading the rest of the file.
func ExampleReader_COPC() {
	file := smallOctree()
	r, err := las.OpenNamed("yard.copc.laz", bytes.NewReader(file), int64(len(file)))
	if err != nil {
		log.Fatal(err)
	}
	tree, err := r.COPC() // las.ErrNotCOPC for other files
	if err != nil {
		log.Fatal(err)
	}
	q := las.Within(5, 5, 14, 14)
	for p, err := range tree.Points(q) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println("in the box:", p.X, p.Y, p.Z)
	}
	q.Resolution = tree.Spacing // an overview: the first level will do
	nodes, err := tree.Nodes(q)
	fmt.Println(len(nodes), "chunk for the overview", err)
	// Output:
	// in the box: 8 8 8
	// in the box: 13 13 9
	// 1 chunk for the overview <nil>
}

// Extra bytes by their names, with scale, offset and no-data value applied.
func ExampleReader_ExtraDims() {
	file := yard()
	r, err := las.OpenNamed("yard.las", bytes.NewReader(file), int64(len(file)))
	if err != nil {
		log.Fatal(err)
	}
	for _, d := range r.ExtraDims() {
		fmt.Println(d.Name, d.Type, d.Description)
	}
	height, ok := r.ExtraDim("height")
	if !ok {
		log.Fatal("no heights")
	}
	for p, err := range r.Points() {
		if err != nil {
			log.Fatal(err)
		}
		if h, ok := height.Value(&p); ok && h > 3 {
			fmt.Println(h)
		}
	}
	// Output:
	// height int16 above ground, m
	// 3.75
	// 5
}

// Give points new classes and keep every other bit of the file.
func ExampleRewrite() {
	file := yard()
	r, err := las.OpenNamed("yard.las", bytes.NewReader(file), int64(len(file)))
	if err != nil {
		log.Fatal(err)
	}
	height, _ := r.ExtraDim("height")
	var out memory
	err = las.Rewrite(&out, r, func(n int64, p *las.Point) {
		if h, ok := height.Value(p); ok && h > 2 {
			p.Class = las.ClassUnclassified
		}
	})
	if err != nil {
		log.Fatal(err)
	}
	again, err := las.OpenNamed("classified.las", bytes.NewReader(out.b), int64(len(out.b)))
	if err != nil {
		log.Fatal(err)
	}
	for p, err := range again.Points() {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Print(p.Class, " ")
	}
	fmt.Println(again.Header().Software)
	// Output: 2 2 1 1 1 Upwind
}

// Two files with the same points have the same digest, however they are stored.
func ExampleDigest() {
	file := yard()
	r, err := las.OpenNamed("yard.las", bytes.NewReader(file), int64(len(file)))
	if err != nil {
		log.Fatal(err)
	}
	sum, n, err := las.Digest(context.Background(), r)
	fmt.Printf("%d points, %x..., %v\n", n, sum[:4], err)
	// Output: 5 points, 2c3bb050..., <nil>
}
