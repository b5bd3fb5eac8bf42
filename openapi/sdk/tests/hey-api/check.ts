// Calls the live server through @hey-api/openapi-ts's fetch client.
import { A, B, FIRST, GROWN, LAST, MISSPELT, TOPICS, TOTAL, URL_, expect, ok, run, some } from './harness';
import { getPassage, getTopic, listTopics, searchPassages, searchPassagesPrivately, type SearchRequest } from './sdk';
import { createClient } from './sdk/client';

const client = createClient({ baseUrl: URL_ });
const filters: SearchRequest = { symptom: [A, B], advisory_not: ['trauma', 'self_harm'], limit: 5 };

void run({
  async get_search() {
    const { data } = await searchPassages({ client, query: filters });
    expect(data?.total, TOTAL);
    expect(data?.items.length, 5);
    ok(['symptom', 'cause'].includes(some(data?.facets[0]).facet), 'a facet known');
  },
  async post_search() {
    const { data } = await searchPassagesPrivately({ client, body: filters });
    expect(data?.total, TOTAL);
    const other = await searchPassages({ client, query: filters });
    expect(some(data?.items[0]).passage.id, some(other.data?.items[0]).passage.id);
  },
  async paging() {
    const ids: string[] = [];
    let cursor: string | null = null;
    let total: number;
    do {
      const query: { limit: number; cursor?: string } = cursor === null ? { limit: 50 } : { limit: 50, cursor };
      const page = some((await listTopics({ client, query })).data);
      ids.push(...page.items.map((topic) => topic.id));
      total = page.total;
      cursor = page.next_cursor;
    } while (cursor !== null);
    expect(ids.length, total);
    expect(new Set(ids).size, TOPICS);
  },
  async topic() {
    const data = some((await getTopic({ client, path: { topic_id: A } })).data);
    expect(data.id, A);
    ok(data.facets.includes('symptom'), 'a symptom');
    ok(some(data.passage_counts['symptom']) > 0, 'passages');
  },
  async passage() {
    const data = some((await getPassage({ client, path: { passage_id: FIRST } })).data);
    expect(data.id, FIRST);
    ok(data.markdown.length > 0, 'markdown');
    ok(data.source_span.end > data.source_span.start, 'a span');
    ok(data.attribution.license.id.length > 0, 'a licence');
    ok(data.first_published_on === null || /^\d{4}-\d\d-\d\d$/.test(data.first_published_on), 'a date');
  },
  async not_modified() {
    const { response } = await getTopic({ client, path: { topic_id: A } });
    const etag = some(some(response).headers.get('ETag'));
    const again = await getTopic({ client, path: { topic_id: A }, headers: { 'If-None-Match': etag } });
    expect(some(again.response).status, 304);
  },
  async problem_400() {
    const { error } = await searchPassages({ client, query: { symptom: ['no-such-topic'] } });
    expect(error?.status, 400);
    expect(some(error?.errors[0]).field, 'symptom');
    expect(some(error?.errors[0]).location, 'query');
  },
  async problem_404() {
    const { error } = await getTopic({ client, path: { topic_id: 'no-such-topic' } });
    expect(error?.status, 404);
    expect(error?.type, '/problems/not-found');
    expect(error?.errors.length, 0);
  },
  async null_members() {
    expect((await getPassage({ client, path: { passage_id: FIRST } })).data?.previous_id, null);
    expect((await getPassage({ client, path: { passage_id: LAST } })).data?.next_id, null);
    const { data } = await searchPassages({ client, query: filters });
    expect(data?.support, null);
    expect(some(data?.items[0]).explanation, null);
    expect(data?.query.corrected_text, null);
  },
  async non_null_members() {
    some((await getPassage({ client, path: { passage_id: FIRST } })).data?.next_id);
    const { data } = await searchPassages({ client, query: { q: MISSPELT, explain: true, limit: 1 } });
    some(data?.query.corrected_text);
    ok(some(some(some(data?.items[0]).explanation).contributions[0]).share > 0, 'a share');
  },
  async added_members() {
    const grown = createClient({ baseUrl: GROWN });
    const found = some((await searchPassages({ client: grown, query: filters })).data);
    ok(some(found.items[0]).passage.tags.length > 0, 'tags');
    expect((await getTopic({ client: grown, path: { topic_id: A } })).data?.id, A);
    expect((await getPassage({ client: grown, path: { passage_id: FIRST } })).data?.id, FIRST);
    expect((await getTopic({ client: grown, path: { topic_id: 'no-such-topic' } })).error?.status, 404);
  },
});
