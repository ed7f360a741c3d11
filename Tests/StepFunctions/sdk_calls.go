// Calls the Step Functions API of a running server with the AWS SDK for Go: creates, starts, describes and redrives.
//
//	apt-get install golang-go golang-github-aws-aws-sdk-go-v2-dev
//	GO111MODULE=off GOPATH=/usr/share/gocode go run Tests/StepFunctions/sdk_calls.go http://127.0.0.1:8080
//
// The credentials are those of AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or "test". It prints "ok".
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

const role = "arn:aws:iam::000000000000:role/any"

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func expect(what string, found, wanted interface{}) {
	if found != wanted {
		must(fmt.Errorf("%s: expected %v, found %v", what, wanted, found))
	}
}

func variable(name string) string {
	if value := os.Getenv(name); value != "" {
		return value
	}
	return "test"
}

func client(url string) *sfn.Client {
	return sfn.New(sfn.Options{
		Region:           "us-east-1",
		EndpointResolver: sfn.EndpointResolverFromURL(url),
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: variable("AWS_ACCESS_KEY_ID"), SecretAccessKey: variable("AWS_SECRET_ACCESS_KEY")}, nil
		}),
	})
}

// redrive sends RedriveExecution, which the SDK in Debian 12 does not know yet. StopExecution has the same input.
func redrive(options *sfn.Options) {
	options.APIOptions = append(options.APIOptions, func(stack *middleware.Stack) error {
		return stack.Build.Add(middleware.BuildMiddlewareFunc("redrive", func(
			ctx context.Context, input middleware.BuildInput, next middleware.BuildHandler,
		) (middleware.BuildOutput, middleware.Metadata, error) {
			input.Request.(*smithyhttp.Request).Header.Set("X-Amz-Target", "AWSStepFunctions.RedriveExecution")
			return next.HandleBuild(ctx, input)
		}), middleware.After)
	})
}

// ended waits until an execution has ended.
func ended(ctx context.Context, states *sfn.Client, execution *string) *sfn.DescribeExecutionOutput {
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		shown, err := states.DescribeExecution(ctx, &sfn.DescribeExecutionInput{ExecutionArn: execution})
		must(err)
		if shown.Status != types.ExecutionStatusRunning {
			return shown
		}
		if time.Now().After(deadline) {
			must(errors.New("the execution does not end"))
		}
	}
}

// task waits for the task of the activity.
func task(ctx context.Context, states *sfn.Client, activity *string) *string {
	for {
		task, err := states.GetActivityTask(ctx, &sfn.GetActivityTaskInput{ActivityArn: activity})
		must(err)
		if aws.ToString(task.TaskToken) != "" {
			expect("input", aws.ToString(task.Input), `{"n":1}`)
			return task.TaskToken
		}
	}
}

func main() {
	ctx := context.Background()
	states := client(os.Args[1])
	name := aws.String(fmt.Sprintf("go-%d", time.Now().UnixNano()))
	activity, err := states.CreateActivity(ctx, &sfn.CreateActivityInput{Name: name})
	must(err)
	definition := fmt.Sprintf(
		`{"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": %q, "End": true}}}`, aws.ToString(activity.ActivityArn))
	machine, err := states.CreateStateMachine(ctx, &sfn.CreateStateMachineInput{
		Name: name, Definition: &definition, RoleArn: aws.String(role)})
	must(err)
	described, err := states.DescribeStateMachine(ctx, &sfn.DescribeStateMachineInput{StateMachineArn: machine.StateMachineArn})
	must(err)
	expect("definition", aws.ToString(described.Definition), definition)

	started, err := states.StartExecution(ctx, &sfn.StartExecutionInput{
		StateMachineArn: machine.StateMachineArn, Input: aws.String(`{"n":1}`)})
	must(err)
	_, err = states.SendTaskFailure(ctx, &sfn.SendTaskFailureInput{
		TaskToken: task(ctx, states, activity.ActivityArn), Error: aws.String("Mine")})
	must(err)
	expect("status", ended(ctx, states, started.ExecutionArn).Status, types.ExecutionStatusFailed)

	_, err = states.StopExecution(ctx, &sfn.StopExecutionInput{ExecutionArn: started.ExecutionArn}, redrive)
	must(err)
	_, err = states.SendTaskSuccess(ctx, &sfn.SendTaskSuccessInput{
		TaskToken: task(ctx, states, activity.ActivityArn), Output: aws.String(`{"m":2}`)})
	must(err)
	shown := ended(ctx, states, started.ExecutionArn)
	expect("status", shown.Status, types.ExecutionStatusSucceeded)
	expect("output", aws.ToString(shown.Output), `{"m":2}`)
	history, err := states.GetExecutionHistory(ctx, &sfn.GetExecutionHistoryInput{ExecutionArn: started.ExecutionArn})
	must(err)
	expect("first event", history.Events[0].Type, types.HistoryEventTypeExecutionStarted)

	_, err = states.DeleteStateMachine(ctx, &sfn.DeleteStateMachineInput{StateMachineArn: machine.StateMachineArn})
	must(err)
	_, err = states.DescribeStateMachine(ctx, &sfn.DescribeStateMachineInput{StateMachineArn: machine.StateMachineArn})
	var missing *types.StateMachineDoesNotExist
	if !errors.As(err, &missing) {
		must(fmt.Errorf("expected StateMachineDoesNotExist, found %v", err))
	}
	fmt.Println("ok")
}
