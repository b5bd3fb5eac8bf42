// Calls the live server through openapi-generator's typescript-axios client.
import { isAxiosError } from 'axios';
import { A, B, FIRST, GROWN, LAST, MISSPELT, TOPICS, TOTAL, URL_, expect, ok, run, some } from './harness';
import { Advisory, Configuration, FacetName, FieldLocation, PassagesApi, SearchApi, TopicsApi, type Problem } from './sdk';

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
    if (isAxiosError<Problem>(error)) return some(error.response).data;
    throw error;
  }
  throw new Error('no error');
}

void run({
  async get_search() {
    const { data } = await search.searchPassages(filters);
    expect(data.total, TOTAL);
    expect(data.items.length, 5);
    ok(Object.values(FacetName).includes(some(data.facets[0]).facet), 'a facet known');
  },
  async post_search() {
    const searchRequest = { symptom: [A, B], advisory_not: [Advisory.Trauma, Advisory.SelfHarm], limit: 5 };
    const { data } = await search.searchPassagesPrivately({ searchRequest });
    expect(data.total, TOTAL);
    const other = await search.searchPassages(filters);
    expect(some(data.items[0]).passage.id, some(other.data.items[0]).passage.id);
  },
  async paging() {
    const ids: string[] = [];
    let cursor: string | null = null;
    let total: number;
    do {
      const { data }: Awaited<ReturnType<typeof topics.listTopics>> = await topics.listTopics({
        limit: 50,
        cursor: cursor ?? undefined,
      });
      ids.push(...data.items.map((topic) => topic.id));
      total = data.total;
      cursor = data.next_cursor;
    } while (cursor !== null);
    expect(ids.length, total);
    expect(new Set(ids).size, TOPICS);
  },
  async topic() {
    const { data } = await topics.getTopic({ topicId: A });
    expect(data.id, A);
    ok(data.facets.includes(FacetName.Symptom), 'a symptom');
    ok(some(data.passage_counts['symptom']) > 0, 'passages');
  },
  async passage() {
    const { data } = await passages.getPassage({ passageId: FIRST });
    expect(data.id, FIRST);
    ok(data.markdown.length > 0, 'markdown');
    ok(data.source_span.end > data.source_span.start, 'a span');
    ok(data.attribution.license.id.length > 0, 'a licence');
    ok(data.first_published_on === null || /^\d{4}-\d\d-\d\d$/.test(data.first_published_on), 'a date');
  },
  async not_modified() {
    const answer = await topics.getTopic({ topicId: A });
    const again = await topics.getTopic(
      { topicId: A, ifNoneMatch: String(answer.headers['etag']) },
      { validateStatus: (status) => status < 400 },
    );
    expect(again.status, 304);
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
    expect((await passages.getPassage({ passageId: FIRST })).data.previous_id, null);
    expect((await passages.getPassage({ passageId: LAST })).data.next_id, null);
    const { data } = await search.searchPassages(filters);
    expect(data.support, null);
    expect(some(data.items[0]).explanation, null);
    expect(data.query.corrected_text, null);
  },
  async non_null_members() {
    some((await passages.getPassage({ passageId: FIRST })).data.next_id);
    const { data } = await search.searchPassages({ q: MISSPELT, explain: true, limit: 1 });
    some(data.query.corrected_text);
    ok(some(some(some(data.items[0]).explanation).contributions[0]).share > 0, 'a share');
  },
  async added_members() {
    const grown = apis(GROWN);
    ok(some((await grown.search.searchPassages(filters)).data.items[0]).passage.tags.length > 0, 'tags');
    expect((await grown.topics.getTopic({ topicId: A })).data.id, A);
    expect((await grown.passages.getPassage({ passageId: FIRST })).data.id, FIRST);
    expect((await problem(grown.topics.getTopic({ topicId: 'no-such-topic' }))).status, 404);
  },
});
