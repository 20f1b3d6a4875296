package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"time"

	"github.com/spf13/cobra"

	"upwind"
	"upwind/ingest/hj212"
)

// sendFlags are the flags of `upwind hj212 send`.
type sendFlags struct {
	to, stations string
	simulate     int
	minutes      int
	every        time.Duration
	factors      []string
	commands     []int
	atOnce, now  bool
	spread       time.Duration
	over         time.Duration
	resends      int
	faults       lineFaults
	seed         uint64
	asJSON       bool
}

func hj212Send() *cobra.Command {
	var f sendFlags
	c := &cobra.Command{
		Use:   "send --to HOST:PORT FILE|- | --simulate N",
		Short: "send captured frames, or what N simulated devices measure, as devices do: wait for answers, send again",
		Long: "send tries a connection. It sends the frames of a file, written anew as the standard has them, or those of simulated devices, waits for\n" +
			"each answer, sends again as OverTime and ReCount say, and prints what was acknowledged. It ends with 1 if something was not.",
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := f.check(args); err != nil {
				return err
			}
			var t sendTally
			var err error
			if f.simulate > 0 {
				err = f.devices(cmd.Context(), &t)
			} else {
				err = f.file(cmd.Context(), args[0], &t)
			}
			if werr := t.write(cmd.OutOrStdout(), f.asJSON); err == nil {
				err = werr
			}
			if err == nil && t.failed() > 0 {
				err = exitError(exitFailed)
			}
			return err
		},
	}
	p := c.Flags()
	p.StringVar(&f.to, "to", "", "address of the centre, HOST:PORT")
	p.DurationVar(&f.over, "overtime", 5*time.Second, "how long an answer is waited for")
	p.IntVar(&f.resends, "recount", 3, "how often what was not answered is sent again")
	p.BoolVar(&f.now, "now", false, "of a file: give its packets the time of now")
	p.IntVar(&f.simulate, "simulate", 0, "simulate this number of devices")
	p.StringVar(&f.stations, "stations", "", "registry whose devices are simulated, CSV (docs/formats/hj212.md)")
	p.IntVar(&f.minutes, "minutes", 1, "how long the simulated devices send")
	p.DurationVar(&f.every, "every", time.Minute, "between real-time packets")
	p.IntSliceVar(&f.commands, "cn", []int{hj212.CNRealTime, hj212.CNMinute, hj212.CNHour}, "what they send")
	p.StringSliceVar(&f.factors, "factor", nil, "codes of what they measure (default: what suits the kind of station)")
	p.BoolVar(&f.atOnce, "at-once", false, "send the data of the last minutes as fast as the answers come, as after an outage")
	p.DurationVar(&f.spread, "spread", 5*time.Second, "between the first device and the last")
	p.Float64Var(&f.faults.badCRC, "bad-crc", 0, "share of frames with a wrong CRC")
	p.Float64Var(&f.faults.lost, "lose-answers", 0, "share of answers that are lost with their connection")
	p.BoolVar(&f.faults.split, "split", false, "each frame in several TCP segments")
	p.BoolVar(&f.faults.slow, "slow", false, "each frame in pieces with pauses between them")
	p.IntVar(&f.faults.parts, "parts", 0, "each packet in that many parts (PNUM, PNO)")
	p.DurationVar(&f.faults.skew, "clock-skew", 0, "how far the devices' clocks are ahead")
	p.Uint64Var(&f.seed, "seed", 1, "of values and faults")
	p.BoolVar(&f.asJSON, "json", false, "one JSON document")
	return c
}

const (
	maxSimulated = 5000
	maxMinutes   = 7 * 24 * 60
	leastEvery   = time.Second // DataTime has no fractions
)

func (f *sendFlags) check(args []string) error {
	if _, _, err := net.SplitHostPort(f.to); err != nil {
		return usageError{errors.New("--to needs the address of the centre, HOST:PORT")}
	}
	switch {
	case (len(args) == 1) == (f.simulate > 0):
		return usageError{errors.New("name a file of frames (- for standard input), or --simulate N")}
	case f.simulate < 0 || f.simulate > maxSimulated:
		return usageError{fmt.Errorf("--simulate is 1 to %d", maxSimulated)}
	case f.minutes < 1 || f.minutes > maxMinutes:
		return usageError{fmt.Errorf("--minutes is 1 to %d", maxMinutes)}
	case f.every < leastEvery:
		return usageError{fmt.Errorf("--every is %s or more", leastEvery)}
	case !(f.faults.badCRC >= 0 && f.faults.badCRC <= 1) || !(f.faults.lost >= 0 && f.faults.lost <= 1):
		return usageError{errors.New("--bad-crc and --lose-answers are shares, 0 to 1")}
	case f.over <= 0 || f.resends < 1:
		return usageError{errors.New("--overtime is more than 0 and --recount 1 or more")}
	case f.spread < 0 || f.faults.parts < 0:
		return usageError{errors.New("--spread and --parts are not negative")}
	}
	for _, cn := range f.commands {
		if cn != hj212.CNRealTime && cn != hj212.CNMinute && cn != hj212.CNHour {
			return usageError{fmt.Errorf("--cn: %d is none of 2011, 2051, 2061", cn)}
		}
	}
	return nil
}

// devices simulates.
func (f *sendFlags) devices(ctx context.Context, t *sendTally) error {
	list := madeStations(f.simulate)
	if f.stations != "" {
		all, err := stationsIn(f.stations)
		if err != nil {
			return err
		}
		list = devicesOf(all)
		if len(list) < f.simulate {
			return fmt.Errorf("%s has %d stations with a device, --simulate asks for %d", f.stations, len(list), f.simulate)
		}
		list = list[:f.simulate]
	}
	m := &simulation{addr: f.to, from: time.Now().Truncate(time.Second), length: time.Duration(f.minutes) * time.Minute, every: f.every,
		commands: f.commands, factors: f.factors, atOnce: f.atOnce, spread: f.spread, over: f.over, resends: f.resends, faults: f.faults, seed: f.seed}
	if f.atOnce {
		m.from, m.spread = m.from.Add(-m.length), 0
	}
	for _, s := range list {
		m.lines = append(m.lines, []upwind.Station{s})
	}
	bar := newBar("sending")
	defer bar.finish()
	total, done := int64(m.packets()), int64(0)
	m.sent = func(s sentPacket) {
		t.add(s)
		done++
		bar.set(done, max(total, done))
	}
	return m.run(ctx)
}

// madeStations are devices that no registry has: a centre has to be told of them.
func madeStations(n int) []upwind.Station {
	out := make([]upwind.Station, n)
	for i := range out {
		id := fmt.Sprintf("SIM%05d", i)
		out[i] = upwind.Station{ID: id, Name: id, Kind: upwind.StationMicro, Lon: 115.5 + float64(i%50)/50, Lat: 36 + float64(i/50)/100, HeightM: 4, Device: &upwind.Device{MN: fmt.Sprintf("%024X", 0x512000000+i), MinuteS: 60}}
	}
	return out
}

// file sends the frames of a file, one device after the other's packet, each over a connection of its own.
func (f *sendFlags) file(ctx context.Context, path string, t *sendTally) error {
	src := io.Reader(os.Stdin)
	if path != "-" {
		file, err := os.Open(path)
		if err != nil {
			return err
		}
		defer file.Close()
		src = file
	}
	byMN := map[string]*device{}
	defer func() {
		for _, d := range byMN {
			_ = d.client.Close()
		}
	}()
	c := newCapture(src)
	bar := newBar("sending")
	defer bar.finish()
	for n := int64(1); ; n++ {
		p, err := c.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		if p.fault != nil {
			return fmt.Errorf("%s:%d: %s; 'upwind hj212 check' says more", path, p.line, sentence(p.fault))
		}
		packet, err := hj212.Parse(p.segment)
		if err != nil {
			return fmt.Errorf("%s:%d: %s", path, p.line, sentence(err))
		}
		d := byMN[packet.MN]
		if d == nil {
			if len(byMN) >= maxSimulated {
				return fmt.Errorf("%s:%d: this is device number %d, that is too many for one file", path, p.line, len(byMN)+1)
			}
			d = newDevice(f.to, f.over, f.resends, f.faults, f.seed)
			byMN[packet.MN] = d
		}
		if f.now {
			restamp(&packet, time.Now().Add(f.faults.skew))
		}
		if err := d.send(ctx, "", packet, t.add); err != nil {
			return fmt.Errorf("%s:%d: %w", path, p.line, err)
		}
		bar.set(n, n+1)
	}
}

// restamp gives a packet another time, and takes its QN.
func restamp(p *hj212.Packet, at time.Time) {
	p.QN = ""
	for i := range p.CP {
		if p.CP[i].Name == "DataTime" {
			p.CP[i].Value = hj212.Stamp(at)
		}
	}
}
