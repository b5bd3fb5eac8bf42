// Calls the live server through openapi-generator's typescript-fetch client.
import { A, B, FIRST, GROWN, LAST, MISSPELT, TOPICS, TOTAL, URL_, expect, ok, run, some } from './harness';
import {
  Advisory,
  Configuration,
  FacetName,
  FieldLocation,
  PassagesApi,
  ProblemFromJSON,
  ResponseError,
  SearchApi,
  TopicsApi,
  type Problem,
  type TopicList,
} from './sdk';

function apis(basePath: string) {
  const configuration = new Configuration({ basePath });
  return {
    search: new SearchApi(configuration),
    topics: new TopicsApi(configuration),
    passages: new PassagesApi(configuration),
  };
}

const { search, topics, passages } = apis(URL_);
const filters = { symptom: [A, B], advisoryNot: [Advisory.Trauma, Advisory.SelfHarm], limit: 5 };

async function problem(call: Promise<unknown>): Promise<Problem> {
  try {
    await call;
  } catch (error) {
    if (error instanceof ResponseError) return ProblemFromJSON(await error.response.json());
    throw error;
  }
  throw new Error('no error');
}

void run({
  async get_search() {
    const found = await search.searchPassages(filters);
    expect(found.total, TOTAL);
    expect(found.items.length, 5);
    ok(Object.values(FacetName).includes(some(found.facets[0]).facet), 'a facet known');
  },
  async post_search() {
    const found = await search.searchPassagesPrivately({ searchRequest: filters });
    expect(found.total, TOTAL);
    const other = await search.searchPassages(filters);
    expect(some(found.items[0]).passage.id, some(other.items[0]).passage.id);
  },
  async paging() {
    const ids: string[] = [];
    let cursor: string | null = null;
    let total: number;
    do {
      const page: TopicList = await topics.listTopics(cursor ? { limit: 50, cursor } : { limit: 50 });
      ids.push(...page.items.map((topic) => topic.id));
      total = page.total;
      cursor = page.nextCursor;
    } while (cursor !== null);
    expect(ids.length, total);
    expect(new Set(ids).size, TOPICS);
  },
  async topic() {
    const found = await topics.getTopic({ topicId: A });
    expect(found.id, A);
    ok(found.facets.includes(FacetName.Symptom), 'a symptom');
    ok(some(found.passageCounts['symptom']) > 0, 'passages');
  },
  async passage() {
    const found = await passages.getPassage({ passageId: FIRST });
    expect(found.id, FIRST);
    ok(found.markdown.length > 0, 'markdown');
    ok(found.sourceSpan.end > found.sourceSpan.start, 'a span');
    ok(found.attribution.license.id.length > 0, 'a licence');
    ok(found.firstPublishedOn === null || found.firstPublishedOn.getFullYear() > 2000, 'a date');
  },
  async not_modified() {
    const answer = await topics.getTopicRaw({ topicId: A });
    const etag = some(answer.raw.headers.get('ETag'));
    try {
      const again = await topics.getTopicRaw({ topicId: A, ifNoneMatch: etag });
      expect(again.raw.status, 304);
    } catch (error) {
      ok(error instanceof ResponseError, String(error));
      expect(error.response.status, 304);
    }
  },
  async problem_400() {
    const found = await problem(search.searchPassages({ symptom: ['no-such-topic'] }));
    expect(found.status, 400);
    expect(some(found.errors[0]).field, 'symptom');
    expect(some(found.errors[0]).location, FieldLocation.Query);
  },
  async problem_404() {
    const found = await problem(topics.getTopic({ topicId: 'no-such-topic' }));
    expect(found.status, 404);
    expect(found.type, '/problems/not-found');
    expect(found.errors.length, 0);
  },
  async null_members() {
    expect((await passages.getPassage({ passageId: FIRST })).previousId, null);
    expect((await passages.getPassage({ passageId: LAST })).nextId, null);
    const found = await search.searchPassages(filters);
    expect(found.support, null);
    expect(some(found.items[0]).explanation, null);
    expect(found.query.correctedText, null);
  },
  async non_null_members() {
    some((await passages.getPassage({ passageId: FIRST })).nextId);
    const found = await search.searchPassages({ q: MISSPELT, explain: true, limit: 1 });
    some(found.query.correctedText);
    ok(some(some(some(found.items[0]).explanation).contributions[0]).share > 0, 'a share');
  },
  async added_members() {
    const grown = apis(GROWN);
    ok(some((await grown.search.searchPassages(filters)).items[0]).passage.tags.length > 0, 'tags');
    expect((await grown.topics.getTopic({ topicId: A })).id, A);
    expect((await grown.passages.getPassage({ passageId: FIRST })).id, FIRST);
    expect((await problem(grown.topics.getTopic({ topicId: 'no-such-topic' }))).status, 404);
  },
});
