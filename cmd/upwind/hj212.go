package main

import (
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"upwind"
	"upwind/ingest/hj212"
	"upwind/ingest/station"
)

// hj212Command speaks the stations' protocol, without a server of ours.
func hj212Command() *cobra.Command {
	c := &cobra.Command{
		Use:   "hj212",
		Short: "HJ 212, the stations' protocol: check captured frames, send as a device does, listen and record",
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usageError{fmt.Errorf("there is no 'hj212 %s': 'upwind hj212 --help' lists what there is", args[0])}
			}
			return cmd.Help()
		},
	}
	c.AddCommand(hj212Check(), hj212Send(), hj212Listen())
	return c
}

// stationsIn reads a registry of stations (docs/formats/hj212.md).
func stationsIn(path string) ([]upwind.Station, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return station.Read(path, f)
}

// devicesOf are the stations that speak HJ 212.
func devicesOf(list []upwind.Station) []upwind.Station {
	var out []upwind.Station
	for _, s := range list {
		if s.Device != nil {
			out = append(out, s)
		}
	}
	return out
}

// commandNames are the commands of HJ 212 that carry or answer data, in words.
var commandNames = map[int]string{
	hj212.CNSetTimeout: "set time-out", hj212.CNGetClock: "clock", hj212.CNSetClock: "set clock", hj212.CNAskClock: "asks for the clock to be set",
	hj212.CNRealTime: "real-time data", hj212.CNStopRealTime: "stop real-time data", hj212.CNState: "state of equipment", hj212.CNDay: "daily data",
	hj212.CNRunTime: "run time of equipment", hj212.CNMinute: "minute data", hj212.CNHour: "hourly data", hj212.CNPowerUp: "power-up",
	hj212.CNAnalyserID: "number of the analyser", hj212.CNSiteInfo: "site information", hj212.CNRequestAnswer: "answer to a request",
	hj212.CNResult: "result of a request", hj212.CNNoticeAnswer: "answer to a notice", hj212.CNDataAnswer: "answer to data", hj212.CNHeartbeat: "heartbeat",
}

func commandName(cn int) string {
	if s, ok := commandNames[cn]; ok {
		return fmt.Sprintf("%d %s", cn, s)
	}
	return fmt.Sprint(cn)
}

// factorNames are a factor's names in Chinese and in English; both are empty for a code that no table has.
func factorNames(f *hj212.Factor) (zh, en string) {
	return f.NameZH, strings.ReplaceAll(f.Species, "_", " ")
}
