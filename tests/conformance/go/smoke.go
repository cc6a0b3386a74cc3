// Hatchet's published Go SDK: a worker and its client in one process. Prints one line of JSON with what came back.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/hatchet-dev/hatchet/pkg/client/rest"
	"github.com/hatchet-dev/hatchet/pkg/client/types"
	"github.com/hatchet-dev/hatchet/pkg/worker"
	hatchet "github.com/hatchet-dev/hatchet/sdks/go"
	"github.com/hatchet-dev/hatchet/sdks/go/features"

	"github.com/google/uuid"
)

type number struct {
	N int `json:"n"`
}

type received struct {
	From string `json:"from"`
}

type outcome struct {
	N       int      `json:"n"`
	Events  []string `json:"events"`
	Stopped bool     `json:"stopped"`
}

var (
	begun     = make(chan struct{})
	beginOnce sync.Once
	found     = map[string]any{}
)

func must[T any](value T, err error) T {
	if err != nil {
		fmt.Fprintf(os.Stderr, "%+v\n", err)
		os.Exit(1)
	}
	return value
}

func check(err error) {
	must(0, err)
}

func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func endless(ctx hatchet.Context, _ number) (number, error) {
	beginOnce.Do(func() { close(begun) })
	<-ctx.GetContext().Done()
	return number{}, ctx.GetContext().Err()
}

func main() {
	client := must(hatchet.NewClient())
	background := context.Background()

	double := client.NewStandaloneTask("go-double", func(ctx hatchet.Context, in number) (number, error) {
		ctx.Log("doubling")
		return number{in.N * 2}, nil
	})
	flaky := client.NewStandaloneTask("go-flaky", func(ctx hatchet.Context, _ number) (number, error) {
		if ctx.RetryCount() < 1 {
			return number{}, errors.New("not yet")
		}
		return number{ctx.RetryCount()}, nil
	}, hatchet.WithRetries(2), hatchet.WithRetryBackoff(1, 1))
	hopeless := client.NewStandaloneTask("go-hopeless", func(ctx hatchet.Context, _ number) (number, error) {
		return number{}, worker.NewNonRetryableError(errors.New("never"))
	}, hatchet.WithRetries(3))
	family := client.NewStandaloneTask("go-family", func(ctx hatchet.Context, _ number) (number, error) {
		sum := 0
		for n := 1; n <= 3; n++ {
			result, err := double.Run(ctx, number{n})
			if err != nil {
				return number{}, err
			}
			var child number
			if err := result.Into(&child); err != nil {
				return number{}, err
			}
			sum += child.N
		}
		return number{sum}, nil
	})
	one := int32(1)
	roundRobin := types.GroupRoundRobin
	limited := client.NewStandaloneTask("go-limited", func(ctx hatchet.Context, in number) (number, error) {
		return in, nil
	}, hatchet.WithConcurrency(&types.Concurrency{Expression: "'go'", MaxRuns: &one, LimitStrategy: &roundRobin}))
	stuck := client.NewStandaloneTask("go-endless", endless, hatchet.WithExecutionTimeout(5*time.Minute))
	onEvent := client.NewStandaloneTask("go-on-event", func(ctx hatchet.Context, in number) (number, error) {
		return in, nil
	}, hatchet.WithWorkflowEvents("go:order"))

	chain := client.NewWorkflow("go-chain")
	first := chain.NewTask("first", func(ctx hatchet.Context, in number) (number, error) {
		return number{in.N + 1}, nil
	})
	chain.NewTask("second", func(ctx hatchet.Context, _ number) (number, error) {
		var parent number
		if err := ctx.ParentOutput(first, &parent); err != nil {
			return number{}, err
		}
		return number{parent.N * 10}, nil
	}, hatchet.WithParents(first))
	chain.NewTask("skipped", func(ctx hatchet.Context, _ number) (number, error) {
		return number{}, errors.New("must be skipped")
	}, hatchet.WithParents(first), hatchet.WithSkipIf(hatchet.ParentCondition(first, "output.n > 0")))

	interval := 5 * time.Second
	batch := client.NewStandaloneBatchTask("go-batch",
		func(ctx hatchet.Context, inputs map[hatchet.BatchMemberId]number) (map[hatchet.BatchMemberId]number, error) {
			outputs := map[hatchet.BatchMemberId]number{}
			for id, in := range inputs {
				outputs[id] = number{in.N + 100*len(inputs)}
			}
			return outputs, nil
		}, hatchet.BatchConfig{MaxSize: 3, MaxInterval: &interval})

	durable := client.NewStandaloneDurableTask("go-durable", func(ctx hatchet.DurableContext, _ number) (outcome, error) {
		if _, err := ctx.Now(); err != nil {
			return outcome{}, err
		}
		if _, err := ctx.SleepFor(time.Second); err != nil {
			return outcome{}, err
		}
		result, err := double.Run(ctx, number{21})
		if err != nil {
			return outcome{}, err
		}
		var child number
		if err := result.Into(&child); err != nil {
			return outcome{}, err
		}
		memo, err := ctx.Memo("once", func() (any, error) { return "memo", nil })
		if err != nil {
			return outcome{}, err
		}
		event, err := ctx.WaitForEvent("go:go", "input.from == 'go'")
		if err != nil {
			return outcome{}, err
		}
		var payload received
		if err := event.Unmarshal(&payload); err != nil {
			return outcome{}, err
		}
		race, err := ctx.WaitFor(hatchet.OrCondition(
			hatchet.SleepCondition(time.Second), hatchet.UserEventCondition("go:never", "")))
		if err != nil {
			return outcome{}, err
		}
		return outcome{child.N, []string{payload.From, strings.Trim(string(memo), `"`)}, len(race.Keys()) == 1}, nil
	}, hatchet.WithExecutionTimeout(2*time.Minute))

	member := must(client.NewWorker("go", hatchet.WithSlots(20), hatchet.WithWorkflows(
		double, flaky, hopeless, family, limited, stuck, onEvent, chain, batch, durable)))
	stop := must(member.Start())

	var output number
	check(must(double.Run(background, number{4}, hatchet.WithRunMetadata(map[string]string{"from": "go"}))).Into(&output))
	found["double"] = output.N
	check(must(flaky.Run(background, number{})).Into(&output))
	found["flaky"] = output.N
	_, err := hopeless.Run(background, number{})
	found["hopeless"] = text(err)
	check(must(family.Run(background, number{})).Into(&output))
	found["family"] = output.N
	check(must(chain.Run(background, number{1})).TaskOutput("second").Into(&output))
	found["chain"] = output.N

	many := func(task *hatchet.StandaloneTask, count int) []int {
		items := make([]hatchet.RunManyOpt, count)
		for n := range items {
			items[n] = hatchet.RunManyOpt{Input: number{n}}
		}
		results := make([]int, count)
		for n, ref := range must(task.RunMany(background, items)) {
			var one number
			check(must(ref.Result()).TaskOutput(task.GetName()).Into(&one))
			results[n] = one.N
		}
		// The SDK gives them in the order in which they were started.
		slices.Sort(results)
		return results
	}
	found["many"] = many(double, 100)
	found["limited"] = many(limited, 5)
	found["batch"] = many(batch, 3)

	waiting := must(durable.RunNoWait(background, number{}))
	done := make(chan outcome)
	go func() {
		var result outcome
		check(must(waiting.Result()).TaskOutput("go-durable").Into(&result))
		done <- result
	}()
	for ended := false; !ended; {
		// It may not have come to its wait yet.
		check(client.Events().Push(background, "go:go", received{"go"}))
		select {
		case result := <-done:
			found["durable"], ended = result, true
		case <-time.After(200 * time.Millisecond):
		}
	}

	ref := must(stuck.RunNoWait(background, number{}))
	<-begun
	must(client.Runs().Cancel(background, rest.V1CancelTaskRequest{ExternalIds: &[]uuid.UUID{uuid.MustParse(ref.RunId)}}))
	_, err = ref.Result()
	found["cancelled"] = err != nil
	found["status"] = must(client.Runs().GetStatus(background, ref.RunId))

	check(client.Events().Push(background, "go:order", number{7}))
	listing := rest.V1WorkflowRunListParams{Since: time.Now().Add(-time.Hour), AdditionalMetadata: &[]string{"from:go"}}
	for _, row := range must(client.Runs().List(background, listing)).Rows {
		found["listed"] = row.DisplayName[:strings.LastIndex(row.DisplayName, "-")]
	}
	cron := must(client.Crons().Create(background, "go-double", features.CreateCronTrigger{
		Name: "nightly", Expression: "0 3 * * *", Input: map[string]any{"n": 1}}))
	// The SDK takes a deletion's 204 for an error: what counts is that it is gone.
	_ = client.Crons().Delete(background, cron.Metadata.Id)
	name := "go-double"
	crons := must(client.Crons().List(background, rest.CronWorkflowListParams{WorkflowName: &name}))
	found["crons"] = 0
	if crons.Rows != nil {
		found["crons"] = len(*crons.Rows)
	}
	schedule := must(client.Schedules().Create(background, "go-double", features.CreateScheduledRunTrigger{
		TriggerAt: time.Now().Add(time.Hour), Input: map[string]any{"n": 1}}))
	_ = client.Schedules().Delete(background, schedule.Metadata.Id)
	workflow := must(client.Workflows().GetId(background, name))
	schedules := must(client.Schedules().List(background, rest.WorkflowScheduledListParams{WorkflowId: &workflow}))
	found["schedules"] = 0
	if schedules.Rows != nil {
		found["schedules"] = len(*schedules.Rows)
	}
	check(client.RateLimits().Upsert(features.CreateRatelimitOpts{Key: "go", Limit: 10, Duration: types.Minute}))
	debug := must(client.CEL().Debug(background, "input.n > 1", map[string]any{"n": 2}, nil, nil))
	found["cel"] = debug.Output != nil && *debug.Output
	names := []string{}
	for _, row := range *must(client.Workers().List(background)).Rows {
		if row.Name == "go" {
			names = append(names, row.Name)
		}
	}
	found["workers"] = names

	fmt.Println(string(must(json.Marshal(found))))
	check(stop())
}
