package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"upwind/ingest/hj212"
)

// plainFrame is a sound frame without a line end.
func plainFrame(t testing.TB, segment string) string {
	t.Helper()
	return fmt.Sprintf("##%04d%s%04X", len(segment), segment, hj212.Checksum([]byte(segment)))
}

// checkDocument is what `upwind hj212 check --json` prints.
type checkDocument struct {
	Version int
	Inputs  []checkInput
	Broken  int
	Frames  []frameReport
}

func checkFile(t testing.TB, text string, args ...string) (checkDocument, outcome) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "captured.txt")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
	o := upwindDo(t, append([]string{"hj212", "check", "--json", path}, args...)...)
	var d checkDocument
	require.NoError(t, json.Unmarshal([]byte(o.stdout), &d), o.stderr)
	require.Len(t, d.Inputs, 1)
	require.Len(t, d.Inputs[0].SHA256, 64)
	return d, o
}

const segmentA = "QN=20260101080000123;ST=22;CN=2051;PW=123456;MN=010000A8900016F000169DC0;Flag=5;CP=&&DataTime=20260101075900;" +
	"a34002-Min=81,a34002-Avg=90,a34002-Max=99,a34002-Flag=N;a01006-Avg=1013,a01006-Flag=N;a21026-Avg=12,a21026-Flag=D&&"

func TestCheckSaysWhatIsWrong(t *testing.T) {
	good := plainFrame(t, segmentA)
	segmentCRC := good[len(good)-4:]
	for name, c := range map[string]struct {
		in, fault   string
		given, want string
		broken      int
		frames      int
	}{
		"sound":             {good + "\r\n", "", segmentCRC, segmentCRC, 0, 1},
		"damaged":           {strings.Replace(good, "Avg=90", "Avg=91", 1), "wrong CRC of 224 bytes: damaged", segmentCRC, "", 1, 1},
		"swapped":           {good[:len(good)-4] + segmentCRC[2:] + segmentCRC[:2], "its two bytes are swapped", segmentCRC[2:] + segmentCRC[:2], segmentCRC, 1, 1},
		"Modbus":            {"##00091234567894B37", "that of Modbus", "4B37", "2F80", 1, 1},
		"wrong length":      {strings.Replace(good, "##0224", "##0230", 1) + "\n" + good, "it says 230, the segment has 224 bytes, and the CRC is right", "", "", 1, 2},
		"swallows the next": {good[:60] + good, "another frame begins inside", "", "", 1, 2},
		"no length":         {"##02x6", "no length of four digits", "", "", 2, 2},
		"cut":               {good[:80], "cut short", "", "", 1, 1},
		"between frames":    {"PING\n" + good, "bytes between frames", "", "", 1, 2},
		"no device":         {plainFrame(t, strings.Replace(segmentA, "MN=010000A8900016F000169DC0;", "", 1)), "MN: is missing", "", "", 1, 1},
		"no time":           {plainFrame(t, strings.Replace(segmentA, "DataTime=20260101075900", "DataTime=20261301075900", 1)), "DataTime", "", "", 1, 1},
	} {
		t.Run(name, func(t *testing.T) {
			d, o := checkFile(t, c.in)
			require.Equal(t, c.broken, d.Broken, o.stdout)
			require.Len(t, d.Frames, c.frames)
			require.Equal(t, map[bool]int{true: exitFailed}[c.broken > 0], o.code)
			first := d.Frames[0]
			require.Contains(t, first.Fault, c.fault)
			require.Equal(t, c.fault == "", first.Sound)
			if c.given != "" {
				require.Equal(t, c.given, first.CRC.Given)
			}
			if c.want != "" {
				require.Equal(t, c.want, first.CRC.Expected)
			}
		})
	}
}

func TestCheckSaysWhere(t *testing.T) {
	good := plainFrame(t, segmentA)
	d, _ := checkFile(t, "\r\n"+good+"\r\n"+good+"\r\nhello\r\n"+good[:30]+"\r\n"+good)
	require.Len(t, d.Frames, 5)
	n := int64(len(good))
	for i, want := range []struct {
		line   int
		offset int64
		sound  bool
	}{{2, 2, true}, {3, 4 + n, true}, {4, 6 + 2*n, false}, {5, 13 + 2*n, false}, {6, 45 + 2*n, true}} {
		require.Equal(t, want.line, d.Frames[i].Line, i)
		require.Equal(t, want.offset, d.Frames[i].Offset, i)
		require.Equal(t, want.sound, d.Frames[i].Sound, i)
	}
}

func TestCheckReadings(t *testing.T) {
	d, _ := checkFile(t, plainFrame(t, segmentA))
	f := d.Frames[0]
	require.Equal(t, []any{"010000A8900016F000169DC0", "22", 2051, "HJ 212-2017", true}, []any{f.MN, f.ST, f.CN, f.Standard, f.Answered})
	require.Len(t, f.Readings, 5)
	require.Equal(t, "PM10", f.Readings[1].NameEN)
	require.Equal(t, "可吸入颗粒物PM10", f.Readings[1].NameZH)
	require.Equal(t, []string{"ug/m3", "ng/m3"}, []string{f.Readings[1].Unit, f.Readings[1].TableUnit})
	require.Equal(t, 600.0, f.Readings[1].DurationS)
	require.Equal(t, "2025-12-31T23:59:00Z", f.Readings[1].Start.Format("2006-01-02T15:04:05Z07:00"))
	require.Contains(t, f.Readings[3].Warning, "hPa")
	require.EqualValues(t, "D", f.Readings[4].State)

	// The registry knows better: its units, and when its device stamps.
	list := madeStations(1)
	list[0].Device.MN, list[0].Device.StampsEnd = "010000A8900016F000169DC0", true
	list[0].Device.Units = map[string]string{"pressure": "hPa"}
	d, o := checkFile(t, plainFrame(t, segmentA), "--stations", registryFile(t, list))
	require.Empty(t, d.Frames[0].Readings[3].Warning, o.stderr)
	require.Equal(t, 60.0, d.Frames[0].Readings[1].DurationS)
	require.Equal(t, "2025-12-31T23:58:00Z", d.Frames[0].Readings[1].Start.Format("2006-01-02T15:04:05Z07:00"))
}

func TestCheckNotesDepartures(t *testing.T) {
	lower := plainFrame(t, strings.Replace(segmentA, "Flag=D&&", "Flag=D;&&", 1))
	d, _ := checkFile(t, lower[:len(lower)-4]+strings.ToLower(lower[len(lower)-4:])+"\n"+
		plainFrame(t, "QN=20260101080000123;ST=43;CN=2011;PW=123456;MN=A1;Flag=7;CP=&&DataTime=20260101070000;zz9-Rtd=3&&")+"\n"+
		plainFrame(t, "QN=20260101080000123;ST=22;CN=2011;PW=123456;MN=A1;Flag=5;CP=&&DataTime=20260101080000;"+strings.Repeat("a34002-Rtd=3,a34002-Flag=N;", 40)+"&&"))
	require.Zero(t, d.Broken)
	has := func(i int, notes ...string) {
		all := strings.Join(d.Frames[i].Notes, "\n")
		for _, n := range notes {
			require.Contains(t, all, n)
		}
	}
	has(0, "a semicolon before the closing")
	has(1, "ST 43 is in no table", "MN has 2 characters", "PNUM and PNO are missing", "no code table has zz9", "values without Flag, taken as normal: zz9", "1h0m0s apart")
	has(2, "the standard allows 1024")
	if lower != strings.ToLower(lower) {
		has(0, "lower case")
	}
}

func TestCheckRealFrames(t *testing.T) {
	path := shared(t, "city", "hj212", "sample_packets.txt")
	o := must(t, "hj212", "check", path)
	for _, want := range []string{"CRC AF01", "CRC 4980", "CRC E541", "CRC 5CC0", "CRC 5440", "CRC 7d00", "6 frames, 0 broken, 6 with notes", "LA-td read as LA-Rtd",
		"75600 ug/m3 of PM2.5 cannot be: it is probably sent in ng/m3"} {
		require.Contains(t, o.stdout, want)
	}
}

func TestCheckRefusesWhatIsNoCapture(t *testing.T) {
	empty := filepath.Join(t.TempDir(), "empty")
	require.NoError(t, os.WriteFile(empty, []byte("\r\n\r\n"), 0o644))
	require.Equal(t, exitFailed, upwindDo(t, "hj212", "check", empty).code)
	require.Contains(t, upwindDo(t, "hj212", "check", empty).stderr, "there is no frame")
	require.Equal(t, exitFailed, upwindDo(t, "hj212", "check", filepath.Join(t.TempDir(), "absent")).code)
	for _, args := range [][]string{{"check"}, {"nonsense"}, {"listen"}, {"listen", "--stations", "x"}, {"send", "--simulate", "1"}, {"send", "--to", "127.0.0.1:1"},
		{"send", "--to", "127.0.0.1:1", "--simulate", "1", "--bad-crc", "2"}, {"send", "--to", "127.0.0.1:1", "--simulate", "1", "--cn", "9014"}} {
		o := upwindDo(t, append([]string{"hj212"}, args...)...)
		require.Equal(t, exitUsage, o.code, "%v %s", args, o.stderr)
	}
}
