package invert

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"strconv"
	"strings"

	"upwind"
)

// ReadTable reads a plain table of numbers: columns parted by commas or blanks, one line of names first or
// none. It gives the columns. A word where a number should be, lines of unequal length or no line at all are
// a [upwind.Refusal]; a fault of reading is a [upwind.PassingError].
func ReadTable(r io.Reader, file string) ([][]float64, error) {
	in := bufio.NewScanner(r)
	in.Buffer(make([]byte, 0, 1<<16), 1<<20)
	var columns [][]float64
	for line := 1; in.Scan(); line++ {
		words := strings.FieldsFunc(in.Text(), func(c rune) bool { return c == ',' || c == ' ' || c == '\t' || c == '\r' })
		if len(words) == 0 {
			continue
		}
		row, err := numbers(words)
		if err != nil {
			if line == 1 {
				continue
			}
			return nil, upwind.Refuse(file, fmt.Sprintf("line %d", line), err.Error(), "give numbers only below the first line")
		}
		if columns == nil {
			columns = make([][]float64, len(row))
		}
		if len(row) != len(columns) {
			return nil, upwind.Refuse(file, fmt.Sprintf("line %d", line), fmt.Sprintf("%d columns, %d before", len(row), len(columns)), "give every line as many")
		}
		for k, v := range row {
			columns[k] = append(columns[k], v)
		}
	}
	switch err := in.Err(); {
	case errors.Is(err, bufio.ErrTooLong):
		return nil, upwind.Refuse(file, "", "a line is longer than a megabyte", "give a table of numbers")
	case err != nil:
		return nil, upwind.Passing(fmt.Errorf("read %s: %w", file, err))
	}
	if columns == nil {
		return nil, upwind.Refuse(file, "", "it holds no line of numbers", "give a table of numbers")
	}
	return columns, nil
}

func numbers(words []string) ([]float64, error) {
	row := make([]float64, len(words))
	for k, w := range words {
		v, err := strconv.ParseFloat(w, 64)
		if err != nil || math.IsInf(v, 0) {
			return nil, fmt.Errorf("%.20q is no number", w)
		}
		row[k] = v
	}
	return row, nil
}

// readTableFile is [ReadTable] on a file. A missing file keeps [fs.ErrNotExist] within its refusal.
func readTableFile(path string, columns int) ([][]float64, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &upwind.Refusal{File: path, What: "there is no such file", Do: "hand in the folder that holds the truth tables", Err: err}
	}
	if err != nil {
		return nil, upwind.Passing(err)
	}
	defer f.Close()
	t, err := ReadTable(f, path)
	if err != nil {
		return nil, err
	}
	if len(t) < columns {
		return nil, upwind.Refuse(path, "", fmt.Sprintf("%d columns where %d are needed", len(t), columns), "hand in the table as published")
	}
	return t, nil
}
