// Calls the live server through openapi-generator's go client.
package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"

	thaw "github.com/GIT_USER_ID/GIT_REPO_ID"
)

var (
	ctx        = context.Background()
	a, b       = os.Getenv("THAW_SYMPTOM_A"), os.Getenv("THAW_SYMPTOM_B")
	first      = os.Getenv("THAW_FIRST")
	last       = os.Getenv("THAW_LAST")
	advisories = []thaw.Advisory{thaw.ADVISORY_TRAUMA, thaw.ADVISORY_SELF_HARM}
	api        = client("THAW_URL")
	failed     = false
)

func client(variable string) *thaw.APIClient {
	configuration := thaw.NewConfiguration()
	configuration.Servers = thaw.ServerConfigurations{{URL: os.Getenv(variable)}}
	return thaw.NewAPIClient(configuration)
}

func check(name string, run func() error) {
	if err := run(); err != nil {
		failed = true
		fmt.Printf("not ok %s: %s\n", name, strings.ReplaceAll(err.Error(), "\n", " "))
		return
	}
	fmt.Printf("ok %s\n", name)
}

func expect[T comparable](what, wanted T) error {
	if what != wanted {
		return fmt.Errorf("%v instead of %v", what, wanted)
	}
	return nil
}

func holds(condition bool, what string) error {
	if !condition {
		return errors.New("not so: " + what)
	}
	return nil
}

func number(variable string) int {
	found, err := strconv.Atoi(os.Getenv(variable))
	if err != nil {
		panic(err)
	}
	return found
}

func search(at *thaw.APIClient) (*thaw.SearchResults, error) {
	found, _, err := at.SearchAPI.SearchPassages(ctx).Symptom([]string{a, b}).AdvisoryNot(advisories).Limit(5).Execute()
	return found, err
}

func passage(at *thaw.APIClient, id string) (*thaw.Passage, error) {
	found, _, err := at.PassagesAPI.GetPassage(ctx, id).Execute()
	return found, err
}

func problem(err error) (thaw.Problem, error) {
	var failure *thaw.GenericOpenAPIError
	if !errors.As(err, &failure) {
		return thaw.Problem{}, fmt.Errorf("no API error but %v", err)
	}
	found, ok := failure.Model().(thaw.Problem)
	if !ok {
		return thaw.Problem{}, fmt.Errorf("%T instead of a Problem", failure.Model())
	}
	return found, nil
}

func getSearch() error {
	found, err := search(api)
	if err != nil {
		return err
	}
	return errors.Join(
		expect(int(found.Total), number("THAW_TOTAL")),
		expect(len(found.Items), 5),
		holds(found.Facets[0].Facet.IsValid(), "a facet known"),
	)
}

func postSearch() error {
	limit := int32(5)
	asked := thaw.SearchRequest{Symptom: []string{a, b}, AdvisoryNot: advisories, Limit: &limit}
	found, _, err := api.SearchAPI.SearchPassagesPrivately(ctx).SearchRequest(asked).Execute()
	if err != nil {
		return err
	}
	other, err := search(api)
	if err != nil {
		return err
	}
	return errors.Join(
		expect(int(found.Total), number("THAW_TOTAL")),
		expect(found.Items[0].Passage.Id, other.Items[0].Passage.Id),
	)
}

func paging() error {
	ids := map[string]int{}
	count, total := 0, 0
	for request := api.TopicsAPI.ListTopics(ctx).Limit(50); ; {
		page, _, err := request.Execute()
		if err != nil {
			return err
		}
		for _, topic := range page.Items {
			ids[topic.Id]++
			count++
		}
		total = int(page.Total)
		if page.NextCursor.Get() == nil {
			break
		}
		request = request.Cursor(*page.NextCursor.Get())
	}
	return errors.Join(expect(count, total), expect(len(ids), number("THAW_TOPICS")))
}

func topic() error {
	found, _, err := api.TopicsAPI.GetTopic(ctx, a).Execute()
	if err != nil {
		return err
	}
	return errors.Join(
		expect(found.Id, a),
		holds(slices.Contains(found.Facets, thaw.FACETNAME_SYMPTOM), "a symptom"),
		holds(found.PassageCounts["symptom"] > 0, "passages"),
	)
}

func onePassage() error {
	found, err := passage(api, first)
	if err != nil {
		return err
	}
	return errors.Join(
		expect(found.Id, first),
		holds(found.Markdown != "", "markdown"),
		holds(found.SourceSpan.End > found.SourceSpan.Start, "a span"),
		holds(found.Attribution.License.Id != "", "a licence"),
		holds(len(found.FirstPublishedOn) == len("2026-01-01"), "a date"),
	)
}

func notModified() error {
	_, response, err := api.TopicsAPI.GetTopic(ctx, a).Execute()
	if err != nil {
		return err
	}
	_, again, err := api.TopicsAPI.GetTopic(ctx, a).IfNoneMatch(response.Header.Get("ETag")).Execute()
	if again == nil {
		return err
	}
	return expect(again.StatusCode, http.StatusNotModified)
}

func problem400() error {
	_, _, err := api.SearchAPI.SearchPassages(ctx).Symptom([]string{"no-such-topic"}).Execute()
	found, err := problem(err)
	if err != nil {
		return err
	}
	if len(found.Errors) != 1 {
		return fmt.Errorf("%d errors instead of 1", len(found.Errors))
	}
	return errors.Join(
		expect(found.Status, 400),
		expect(found.Errors[0].Field, "symptom"),
		expect(found.Errors[0].Location, thaw.FIELDLOCATION_QUERY),
	)
}

func problem404(at *thaw.APIClient) error {
	_, _, err := at.TopicsAPI.GetTopic(ctx, "no-such-topic").Execute()
	found, err := problem(err)
	if err != nil {
		return err
	}
	return errors.Join(
		expect(found.Status, 404),
		expect(found.Type, "/problems/not-found"),
		expect(len(found.Errors), 0),
	)
}

func nullMembers() error {
	one, err := passage(api, first)
	if err != nil {
		return err
	}
	other, err := passage(api, last)
	if err != nil {
		return err
	}
	found, err := search(api)
	if err != nil {
		return err
	}
	return errors.Join(
		holds(one.PreviousId.Get() == nil, "nothing before the first"),
		holds(other.NextId.Get() == nil, "nothing after the last"),
		holds(found.Support.Get() == nil, "no support"),
		holds(found.Items[0].Explanation.Get() == nil, "no explanation"),
		holds(found.Query.CorrectedText.Get() == nil, "no correction"),
	)
}

func nonNullMembers() error {
	one, err := passage(api, first)
	if err != nil {
		return err
	}
	found, _, err := api.SearchAPI.SearchPassages(ctx).Q(os.Getenv("THAW_MISSPELT")).Explain(true).Limit(1).Execute()
	if err != nil {
		return err
	}
	explanation := found.Items[0].Explanation.Get()
	return errors.Join(
		holds(one.NextId.Get() != nil, "one after the first"),
		holds(found.Query.CorrectedText.Get() != nil, "a correction"),
		holds(explanation != nil && explanation.Contributions[0].Share > 0, "an explanation"),
	)
}

func addedMembers() error {
	grown := client("THAW_GROWN_URL")
	found, err := search(grown)
	if err != nil {
		return err
	}
	topic, _, err := grown.TopicsAPI.GetTopic(ctx, a).Execute()
	if err != nil {
		return err
	}
	one, err := passage(grown, first)
	if err != nil {
		return err
	}
	return errors.Join(
		holds(len(found.Items[0].Passage.Tags) > 0, "tags"),
		expect(topic.Id, a),
		expect(one.Id, first),
		problem404(grown),
	)
}

func main() {
	check("get_search", getSearch)
	check("post_search", postSearch)
	check("paging", paging)
	check("topic", topic)
	check("passage", onePassage)
	check("not_modified", notModified)
	check("problem_400", problem400)
	check("problem_404", func() error { return problem404(api) })
	check("null_members", nullMembers)
	check("non_null_members", nonNullMembers)
	check("added_members", addedMembers)
	if failed {
		os.Exit(1)
	}
}
