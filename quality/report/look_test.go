package report_test

import (
	"encoding/csv"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"upwind/quality/report"
)

// TestLook writes pages of Liaocheng's towns to UPWIND_REPORT_OUT, to be looked at.
func TestLook(t *testing.T) {
	dir := os.Getenv("UPWIND_REPORT_OUT")
	if dir == "" {
		t.Skip("skipped: UPWIND_REPORT_OUT names no folder for pages to look at")
	}
	f, err := os.Open(filepath.Join("..", "..", "..", "shared", "data", "city", "liaocheng_towns.csv"))
	require.NoError(t, err)
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	require.NoError(t, err)
	var towns []town
	for _, r := range rows[1:] {
		towns = append(towns, town{r[0] + r[5][:3], r[1]})
	}
	for name, p := range map[string]report.Period{"day": report.Day(time.Date(2026, 3, 5, 4, 0, 0, 0, time.UTC)), "month": report.Month(2026, 3)} {
		in := city(towns, p, 11)
		for code, county := range map[string]string{"3715": "聊城市", "371502": "东昌府区", "371503": "茌平区", "371521": "阳谷县", "371522": "莘县", "371523": "茌平县", "371524": "东阿县", "371525": "冠县", "371526": "高唐县", "371581": "临清市"} {
			in.Names[code] = county
		}
		for _, l := range []report.Lang{report.Chinese, report.English} {
			in.Lang = l
			began := time.Now()
			r, err := report.New(in)
			require.NoError(t, err)
			t.Logf("%s %s: %d stations, %d readings in %v", name, l, len(in.Stations), len(in.Hours), time.Since(began))
			html, err := os.Create(filepath.Join(dir, name+"-"+string(l)+".html"))
			require.NoError(t, err)
			require.NoError(t, r.HTML(html))
			require.NoError(t, html.Close())
			table, err := os.Create(filepath.Join(dir, name+"-"+string(l)+".csv"))
			require.NoError(t, err)
			require.NoError(t, r.CSV(table))
			require.NoError(t, table.Close())
		}
	}
}
