// Calls the live server through orval's fetch functions.
import { A, B, FIRST, GROWN, LAST, MISSPELT, TOPICS, TOTAL, URL_, expect, ok, run, some } from './harness';
import { getPassage, getTopic, listTopics, searchPassages, searchPassagesPrivately } from './sdk/thaw';
import { FacetName, FieldLocation, type SearchRequest } from './sdk/thaw.schemas';

// The functions call paths; which server they belong to is said here, or with orval's `baseUrl` and `mutator`.
let base = URL_;
const unbased = globalThis.fetch;
globalThis.fetch = (input, init) => unbased(typeof input === 'string' ? base + input : input, init);

const filters: SearchRequest = { symptom: [A, B], advisory_not: ['trauma', 'self_harm'], limit: 5 };

/** What is in the answer, known to have come with this status. */
function answered<S extends number, R extends { status: number; data: unknown }>(
  status: S,
  answer: R,
): Extract<R, { status: S }>['data'] {
  expect(answer.status, status);
  return answer.data;
}

void run({
  async get_search() {
    const data = answered(200, await searchPassages(filters));
    expect(data.total, TOTAL);
    expect(data.items.length, 5);
    ok(Object.values(FacetName).includes(some(data.facets[0]).facet), 'a facet known');
  },
  async post_search() {
    const data = answered(200, await searchPassagesPrivately(filters));
    expect(data.total, TOTAL);
    const other = answered(200, await searchPassages(filters));
    expect(some(data.items[0]).passage.id, some(other.items[0]).passage.id);
  },
  async paging() {
    const ids: string[] = [];
    let cursor: string | null = null;
    let total: number;
    do {
      const query: { limit: number; cursor?: string } = cursor === null ? { limit: 50 } : { limit: 50, cursor };
      const page = answered(200, await listTopics(query));
      ids.push(...page.items.map((topic) => topic.id));
      total = page.total;
      cursor = page.next_cursor;
    } while (cursor !== null);
    expect(ids.length, total);
    expect(new Set(ids).size, TOPICS);
  },
  async topic() {
    const data = answered(200, await getTopic(A));
    expect(data.id, A);
    ok(data.facets.includes(FacetName.symptom), 'a symptom');
    ok(some(data.passage_counts['symptom']) > 0, 'passages');
  },
  async passage() {
    const data = answered(200, await getPassage(FIRST));
    expect(data.id, FIRST);
    ok(data.markdown.length > 0, 'markdown');
    ok(data.source_span.end > data.source_span.start, 'a span');
    ok(data.attribution.license.id.length > 0, 'a licence');
    ok(data.first_published_on === null || /^\d{4}-\d\d-\d\d$/.test(data.first_published_on), 'a date');
  },
  async not_modified() {
    const etag = some((await getTopic(A)).headers.get('ETag'));
    expect((await getTopic(A, { headers: { 'If-None-Match': etag } })).status, 304);
  },
  async problem_400() {
    const found = answered(400, await searchPassages({ symptom: ['no-such-topic'] }));
    expect(found.status, 400);
    expect(some(found.errors[0]).field, 'symptom');
    expect(some(found.errors[0]).location, FieldLocation.query);
  },
  async problem_404() {
    const found = answered(404, await getTopic('no-such-topic'));
    expect(found.status, 404);
    expect(found.type, '/problems/not-found');
    expect(found.errors.length, 0);
  },
  async null_members() {
    expect(answered(200, await getPassage(FIRST)).previous_id, null);
    expect(answered(200, await getPassage(LAST)).next_id, null);
    const data = answered(200, await searchPassages(filters));
    expect(data.support, null);
    expect(some(data.items[0]).explanation, null);
    expect(data.query.corrected_text, null);
  },
  async non_null_members() {
    some(answered(200, await getPassage(FIRST)).next_id);
    const data = answered(200, await searchPassages({ q: MISSPELT, explain: true, limit: 1 }));
    some(data.query.corrected_text);
    ok(some(some(some(data.items[0]).explanation).contributions[0]).share > 0, 'a share');
  },
  async added_members() {
    base = GROWN;
    const found = answered(200, await searchPassages(filters));
    ok(some(found.items[0]).passage.tags.length > 0, 'tags');
    expect(answered(200, await getTopic(A)).id, A);
    expect(answered(200, await getPassage(FIRST)).id, FIRST);
    expect(answered(404, await getTopic('no-such-topic')).status, 404);
  },
});
