package raster_test

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"upwind/raster"
)

func sharedFile(t *testing.T, name string) string {
	t.Helper()
	root := os.Getenv("UPWIND_DATA")
	if root == "" {
		root = filepath.Join("..", "..", "shared", "data")
	}
	p := filepath.Join(root, name)
	if _, err := os.Stat(p); err != nil {
		t.Skipf("shared data %s is absent: its check is skipped", name)
	}
	return p
}

// eval computes a formula of + - * / and brackets.
func eval(t *testing.T, e ast.Expr, v map[string]float64) float64 {
	switch e := e.(type) {
	case *ast.ParenExpr:
		return eval(t, e.X, v)
	case *ast.UnaryExpr:
		return -eval(t, e.X, v)
	case *ast.BasicLit:
		f, err := strconv.ParseFloat(e.Value, 64)
		require.NoError(t, err)
		return f
	case *ast.Ident:
		f, ok := v[e.Name]
		require.True(t, ok, e.Name)
		return f
	case *ast.BinaryExpr:
		a, b := eval(t, e.X, v), eval(t, e.Y, v)
		switch e.Op {
		case token.ADD:
			return a + b
		case token.SUB:
			return a - b
		case token.MUL:
			return a * b
		case token.QUO:
			return a / b
		}
	}
	t.Fatalf("formula part %T", e)
	return 0
}

func TestIndicesAgreeWithThePublishedFormulas(t *testing.T) {
	raw, err := os.ReadFile(sharedFile(t, "raster/spectral_indices/spectral-indices-dict.json"))
	require.NoError(t, err)
	var doc struct {
		SpectralIndices map[string]struct{ Formula string }
	}
	require.NoError(t, json.Unmarshal(raw, &doc))
	ours := map[string]func(raster.Spectrum) float64{
		"NDVI": raster.Spectrum.NDVI, "MNDWI": raster.Spectrum.MNDWI, "NDWI": raster.Spectrum.NDWI, "BI": raster.Spectrum.BSI,
		"DBSI": raster.Spectrum.DBSI, "MBI": raster.Spectrum.MBI, "VARI": raster.Spectrum.VARI, "RI": raster.Spectrum.RI, "NBR2": raster.Spectrum.NBR2,
	}
	rng := rand.New(rand.NewPCG(3, 3))
	checked := 0
	for name, fn := range ours {
		formula := doc.SpectralIndices[name].Formula
		if formula == "" {
			continue
		}
		checked++
		e, err := parser.ParseExpr(formula)
		require.NoError(t, err, formula)
		for range 20 {
			p := raster.Spectrum{B: rng.Float64(), G: rng.Float64(), R: rng.Float64(), N: rng.Float64(), S1: rng.Float64(), S2: rng.Float64()}
			want := eval(t, e, map[string]float64{"B": p.B, "G": p.G, "R": p.R, "N": p.N, "S1": p.S1, "S2": p.S2})
			require.InDelta(t, want, fn(p), 1e-9*(1+math.Abs(want)), "%s = %s", name, formula)
		}
	}
	require.GreaterOrEqual(t, checked, 7)
}

func TestIndicesAbstainOnBlack(t *testing.T) {
	p := raster.Spectrum{}
	for _, v := range []float64{p.BSI(), p.NDVI(), p.MNDWI(), p.ExG(), p.VARI(), p.RI(), p.Saturation()} {
		require.True(t, math.IsNaN(v))
	}
}
