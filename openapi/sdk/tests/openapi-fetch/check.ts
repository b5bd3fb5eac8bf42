// Calls the live server through openapi-fetch, with the types that openapi-typescript makes.
import createClient from 'openapi-fetch';
import { A, B, FIRST, GROWN, LAST, MISSPELT, TOPICS, TOTAL, URL_, expect, ok, run, some } from './harness';
import type { components, paths } from './sdk/thaw';

const client = createClient<paths>({ baseUrl: URL_ });
const filters: components['schemas']['SearchRequest'] = {
  symptom: [A, B],
  advisory_not: ['trauma', 'self_harm'],
  limit: 5,
};

function topicOf(topic_id: string, at = client) {
  return at.GET('/v1/topics/{topic_id}', { params: { path: { topic_id } } });
}

function passageOf(passage_id: string, at = client) {
  return at.GET('/v1/passages/{passage_id}', { params: { path: { passage_id } } });
}

void run({
  async get_search() {
    const { data } = await client.GET('/v1/search', { params: { query: filters } });
    expect(data?.total, TOTAL);
    expect(data?.items.length, 5);
    const facets: components['schemas']['FacetName'][] = ['symptom', 'cause'];
    ok(facets.includes(some(data?.facets[0]).facet), 'a facet known');
  },
  async post_search() {
    const { data } = await client.POST('/v1/search', { body: filters });
    expect(data?.total, TOTAL);
    const other = await client.GET('/v1/search', { params: { query: filters } });
    expect(some(data?.items[0]).passage.id, some(other.data?.items[0]).passage.id);
  },
  async paging() {
    const ids: string[] = [];
    let cursor: string | null = null;
    let total: number;
    do {
      const query: { limit: number; cursor?: string } = cursor === null ? { limit: 50 } : { limit: 50, cursor };
      const page: components['schemas']['TopicList'] = some(
        (await client.GET('/v1/topics', { params: { query } })).data,
      );
      ids.push(...page.items.map((topic) => topic.id));
      total = page.total;
      cursor = page.next_cursor;
    } while (cursor !== null);
    expect(ids.length, total);
    expect(new Set(ids).size, TOPICS);
  },
  async topic() {
    const data = some((await topicOf(A)).data);
    expect(data.id, A);
    ok(data.facets.includes('symptom'), 'a symptom');
    ok(some(data.passage_counts['symptom']) > 0, 'passages');
  },
  async passage() {
    const data = some((await passageOf(FIRST)).data);
    expect(data.id, FIRST);
    ok(data.markdown.length > 0, 'markdown');
    ok(data.source_span.end > data.source_span.start, 'a span');
    ok(data.attribution.license.id.length > 0, 'a licence');
    ok(data.first_published_on === null || /^\d{4}-\d\d-\d\d$/.test(data.first_published_on), 'a date');
  },
  async not_modified() {
    const etag = some((await topicOf(A)).response.headers.get('ETag'));
    const again = await client.GET('/v1/topics/{topic_id}', {
      params: { path: { topic_id: A }, header: { 'If-None-Match': etag } },
    });
    expect(again.response.status, 304);
  },
  async problem_400() {
    const { error } = await client.GET('/v1/search', { params: { query: { symptom: ['no-such-topic'] } } });
    expect(error?.status, 400);
    expect(some(error?.errors[0]).field, 'symptom');
    expect(some(error?.errors[0]).location, 'query');
  },
  async problem_404() {
    const { error } = await topicOf('no-such-topic');
    expect(error?.status, 404);
    expect(error?.type, '/problems/not-found');
    expect(error?.errors.length, 0);
  },
  async null_members() {
    expect((await passageOf(FIRST)).data?.previous_id, null);
    expect((await passageOf(LAST)).data?.next_id, null);
    const { data } = await client.GET('/v1/search', { params: { query: filters } });
    expect(data?.support, null);
    expect(some(data?.items[0]).explanation, null);
    expect(data?.query.corrected_text, null);
  },
  async non_null_members() {
    some((await passageOf(FIRST)).data?.next_id);
    const { data } = await client.GET('/v1/search', { params: { query: { q: MISSPELT, explain: true, limit: 1 } } });
    some(data?.query.corrected_text);
    ok(some(some(some(data?.items[0]).explanation).contributions[0]).share > 0, 'a share');
  },
  async added_members() {
    const grown = createClient<paths>({ baseUrl: GROWN });
    const found = some((await grown.GET('/v1/search', { params: { query: filters } })).data);
    ok(some(found.items[0]).passage.tags.length > 0, 'tags');
    expect((await topicOf(A, grown)).data?.id, A);
    expect((await passageOf(FIRST, grown)).data?.id, FIRST);
    expect((await topicOf('no-such-topic', grown)).error?.status, 404);
  },
});
