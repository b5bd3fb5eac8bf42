// Calls the live server through openapi-generator's java client.

import com.fasterxml.jackson.core.JsonProcessingException;
import example.thaw.ApiClient;
import example.thaw.ApiException;
import example.thaw.ApiResponse;
import example.thaw.api.PassagesApi;
import example.thaw.api.SearchApi;
import example.thaw.api.TopicsApi;
import example.thaw.model.Advisory;
import example.thaw.model.FacetName;
import example.thaw.model.FieldLocation;
import example.thaw.model.Passage;
import example.thaw.model.Problem;
import example.thaw.model.SearchRequest;
import example.thaw.model.SearchResults;
import example.thaw.model.Topic;
import example.thaw.model.TopicList;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

final class Check {
  private static final String A = variable("THAW_SYMPTOM_A");
  private static final String B = variable("THAW_SYMPTOM_B");
  private static final String FIRST = variable("THAW_FIRST");
  private static final String LAST = variable("THAW_LAST");
  private static final int TOTAL = Integer.parseInt(variable("THAW_TOTAL"));
  private static final List<Advisory> ADVISORIES = List.of(Advisory.TRAUMA, Advisory.SELF_HARM);

  private final ApiClient client;
  private final SearchApi search;
  private final TopicsApi topics;
  private final PassagesApi passages;

  private interface Step {
    void run() throws ApiException, JsonProcessingException;
  }

  private Check(String url) {
    client = new ApiClient();
    client.updateBaseUri(url);
    search = new SearchApi(client);
    topics = new TopicsApi(client);
    passages = new PassagesApi(client);
  }

  private static String variable(String name) {
    return Objects.requireNonNull(System.getenv(name), name);
  }

  private static void expect(Object what, Object wanted) {
    if (!Objects.equals(what, wanted)) {
      throw new IllegalStateException(what + " instead of " + wanted);
    }
  }

  private static void holds(boolean condition, String what) {
    if (!condition) {
      throw new IllegalStateException("not so: " + what);
    }
  }

  private SearchResults find() throws ApiException {
    return search.searchPassages(
        SearchApi.APISearchPassagesRequest.newBuilder()
            .symptom(List.of(A, B))
            .advisoryNot(ADVISORIES)
            .limit(5)
            .build());
  }

  private TopicList page(String cursor) throws ApiException {
    return topics.listTopics(TopicsApi.APIListTopicsRequest.newBuilder().limit(50).cursor(cursor).build());
  }

  private ApiResponse<Topic> topic(String id, String etag) throws ApiException {
    return topics.getTopicWithHttpInfo(
        TopicsApi.APIGetTopicRequest.newBuilder().topicId(id).ifNoneMatch(etag).build());
  }

  private Passage passage(String id) throws ApiException {
    return passages.getPassage(PassagesApi.APIGetPassageRequest.newBuilder().passageId(id).build());
  }

  private Problem problem(Step call) throws JsonProcessingException {
    try {
      call.run();
    } catch (ApiException failure) {
      return client.getObjectMapper().readValue(failure.getResponseBody(), Problem.class);
    }
    throw new IllegalStateException("no error");
  }

  private Map<String, Step> checks() {
    Map<String, Step> checks = new LinkedHashMap<>();
    checks.put("get_search", () -> {
      SearchResults found = find();
      expect(found.getTotal(), TOTAL);
      expect(found.getItems().size(), 5);
      holds(List.of(FacetName.values()).contains(found.getFacets().get(0).getFacet()), "a facet known");
    });
    checks.put("post_search", () -> {
      SearchRequest asked = new SearchRequest().symptom(List.of(A, B)).advisoryNot(ADVISORIES).limit(5);
      SearchResults found = search.searchPassagesPrivately(
          SearchApi.APISearchPassagesPrivatelyRequest.newBuilder().searchRequest(asked).build());
      expect(found.getTotal(), TOTAL);
      expect(found.getItems().get(0).getPassage().getId(), find().getItems().get(0).getPassage().getId());
    });
    checks.put("paging", () -> {
      List<String> ids = new ArrayList<>();
      TopicList page = page(null);
      page.getItems().forEach(topic -> ids.add(topic.getId()));
      while (page.getNextCursor() != null) {
        page = page(page.getNextCursor());
        page.getItems().forEach(topic -> ids.add(topic.getId()));
      }
      expect(ids.size(), page.getTotal());
      expect(new HashSet<>(ids).size(), Integer.valueOf(variable("THAW_TOPICS")));
    });
    checks.put("topic", () -> {
      Topic found = topic(A, null).getData();
      expect(found.getId(), A);
      holds(found.getFacets().contains(FacetName.SYMPTOM), "a symptom");
      holds(found.getPassageCounts().get("symptom") > 0, "passages");
    });
    checks.put("passage", () -> {
      Passage found = passage(FIRST);
      expect(found.getId(), FIRST);
      holds(!found.getMarkdown().isEmpty(), "markdown");
      holds(found.getSourceSpan().getEnd() > found.getSourceSpan().getStart(), "a span");
      holds(!found.getAttribution().getLicense().getId().isEmpty(), "a licence");
      holds(found.getFirstPublishedOn().getYear() > 2000, "a date");
    });
    checks.put("not_modified", () -> {
      String etag = topic(A, null).getHeaders().get("etag").get(0);
      try {
        expect(topic(A, etag).getStatusCode(), 304);
      } catch (ApiException failure) {
        expect(failure.getCode(), 304);
      }
    });
    checks.put("problem_400", () -> {
      Problem found = problem(() -> search.searchPassages(
          SearchApi.APISearchPassagesRequest.newBuilder().symptom(List.of("no-such-topic")).build()));
      expect(found.getStatus(), 400);
      expect(found.getErrors().get(0).getField(), "symptom");
      expect(found.getErrors().get(0).getLocation(), FieldLocation.QUERY);
    });
    checks.put("problem_404", () -> {
      Problem found = problem(() -> topic("no-such-topic", null));
      expect(found.getStatus(), 404);
      expect(found.getType(), "/problems/not-found");
      expect(found.getErrors(), List.of());
    });
    checks.put("null_members", () -> {
      expect(passage(FIRST).getPreviousId(), null);
      expect(passage(LAST).getNextId(), null);
      SearchResults found = find();
      expect(found.getSupport(), null);
      expect(found.getItems().get(0).getExplanation(), null);
      expect(found.getQuery().getCorrectedText(), null);
    });
    checks.put("non_null_members", () -> {
      holds(passage(FIRST).getNextId() != null, "one after the first");
      SearchResults found = search.searchPassages(
          SearchApi.APISearchPassagesRequest.newBuilder()
              .q(variable("THAW_MISSPELT"))
              .explain(true)
              .limit(1)
              .build());
      holds(found.getQuery().getCorrectedText() != null, "a correction");
      holds(found.getItems().get(0).getExplanation().getContributions().get(0).getShare() > 0, "a share");
    });
    checks.put("added_members", () -> {
      Check grown = new Check(variable("THAW_GROWN_URL"));
      holds(!grown.find().getItems().get(0).getPassage().getTags().isEmpty(), "tags");
      expect(grown.topic(A, null).getData().getId(), A);
      expect(grown.passage(FIRST).getId(), FIRST);
      expect(grown.problem(() -> grown.topic("no-such-topic", null)).getStatus(), 404);
    });
    return checks;
  }

  public static void main(String[] arguments) {
    boolean failed = false;
    for (Map.Entry<String, Step> check : new Check(variable("THAW_URL")).checks().entrySet()) {
      try {
        check.getValue().run();
        System.out.println("ok " + check.getKey());
      } catch (ApiException | JsonProcessingException | RuntimeException failure) {
        failed = true;
        String why = String.valueOf(failure).replace("\n", " ");
        System.out.println("not ok " + check.getKey() + ": " + why.substring(0, Math.min(300, why.length())));
      }
    }
    System.exit(failed ? 1 : 0);
  }
}
