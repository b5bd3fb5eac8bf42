<?php
// Calls the live server through openapi-generator's php client, with Guzzle from the system or from Composer.
declare(strict_types=1);

set_error_handler(static function (int $level, string $message, string $file, int $line): bool {
    // PHP 8.2 with an older Guzzle: notes on its own coming changes are not about the client.
    if ($level === E_DEPRECATED) {
        return true;
    }
    throw new ErrorException($message, 0, $level, $file, $line);
});

require is_file('vendor/autoload.php') ? 'vendor/autoload.php' : '/usr/share/php/GuzzleHttp/autoload.php';
spl_autoload_register(static function (string $class): void {
    if (str_starts_with($class, 'Thaw\\')) {
        require __DIR__ . '/sdk/lib/' . str_replace('\\', '/', substr($class, strlen('Thaw\\'))) . '.php';
    }
});

use Thaw\Api\PassagesApi;
use Thaw\Api\SearchApi;
use Thaw\Api\TopicsApi;
use Thaw\ApiException;
use Thaw\Configuration;
use Thaw\Model\Advisory;
use Thaw\Model\FacetName;
use Thaw\Model\FieldLocation;
use Thaw\Model\Problem;
use Thaw\Model\SearchRequest;

// true and false in queries rather than 1 and 0, which the API does not take for a boolean. The generated code looks
// for this in the default configuration only.
Configuration::getDefaultConfiguration()->setBooleanFormatForQueryString(Configuration::BOOLEAN_FORMAT_STRING);

function variable(string $name): string
{
    $value = getenv($name);
    if ($value === false) {
        throw new RuntimeException("$name is not set");
    }
    return $value;
}

/** @return array{0: SearchApi, 1: TopicsApi, 2: PassagesApi} */
function apis(string $url): array
{
    $configuration = (new Configuration())->setHost($url);
    $client = new GuzzleHttp\Client();
    return [
        new SearchApi($client, $configuration),
        new TopicsApi($client, $configuration),
        new PassagesApi($client, $configuration),
    ];
}

function expect(mixed $what, mixed $wanted): void
{
    if ($what !== $wanted) {
        throw new RuntimeException(json_encode($what) . ' instead of ' . json_encode($wanted));
    }
}

function holds(bool $condition, string $what): void
{
    expect($condition ? '' : $what, '');
}

function problem(callable $call): Problem
{
    try {
        $call();
    } catch (ApiException $exception) {
        $found = $exception->getResponseObject();
        holds($found instanceof Problem, 'a Problem');
        return $found;
    }
    throw new RuntimeException('no error');
}

[$search, $topics, $passages] = apis(variable('THAW_URL'));
[$a, $b, $first, $last] = array_map('variable', ['THAW_SYMPTOM_A', 'THAW_SYMPTOM_B', 'THAW_FIRST', 'THAW_LAST']);
$total = (int) variable('THAW_TOTAL');
$advisories = [Advisory::TRAUMA, Advisory::SELF_HARM];
$find = static fn (SearchApi $at) => $at->searchPassages(
    symptom: [$a, $b],
    advisory_not: $advisories,
    limit: 5,
);

$checks = [
    'get_search' => static function () use ($search, $find, $total): void {
        $found = $find($search);
        expect($found->getTotal(), $total);
        expect(count($found->getItems()), 5);
        holds(in_array($found->getFacets()[0]->getFacet(), FacetName::getAllowableEnumValues(), true), 'a facet known');
    },
    'post_search' => static function () use ($search, $find, $total, $a, $b, $advisories): void {
        $asked = (new SearchRequest())->setSymptom([$a, $b])->setAdvisoryNot($advisories)->setLimit(5);
        $found = $search->searchPassagesPrivately($asked);
        expect($found->getTotal(), $total);
        expect($found->getItems()[0]->getPassage()->getId(), $find($search)->getItems()[0]->getPassage()->getId());
    },
    'paging' => static function () use ($topics): void {
        $ids = [];
        $cursor = null;
        do {
            $page = $topics->listTopics(limit: 50, cursor: $cursor);
            foreach ($page->getItems() as $topic) {
                $ids[] = $topic->getId();
            }
            $cursor = $page->getNextCursor();
        } while ($cursor !== null);
        expect(count($ids), $page->getTotal());
        expect(count(array_unique($ids)), (int) variable('THAW_TOPICS'));
    },
    'topic' => static function () use ($topics, $a): void {
        $found = $topics->getTopic($a);
        expect($found->getId(), $a);
        holds(in_array(FacetName::SYMPTOM, $found->getFacets(), true), 'a symptom');
        holds($found->getPassageCounts()['symptom'] > 0, 'passages');
    },
    'passage' => static function () use ($passages, $first): void {
        $found = $passages->getPassage($first);
        expect($found->getId(), $first);
        holds($found->getMarkdown() !== '', 'markdown');
        holds($found->getSourceSpan()->getEnd() > $found->getSourceSpan()->getStart(), 'a span');
        holds($found->getAttribution()->getLicense()->getId() !== '', 'a licence');
        holds($found->getFirstPublishedOn() instanceof DateTime, 'a date');
    },
    'not_modified' => static function () use ($topics, $a): void {
        [, , $headers] = $topics->getTopicWithHttpInfo($a);
        try {
            [, $status] = $topics->getTopicWithHttpInfo($a, $headers['ETag'][0]);
        } catch (ApiException $exception) {
            $status = $exception->getCode();
        }
        expect($status, 304);
    },
    'problem_400' => static function () use ($search): void {
        $found = problem(static fn () => $search->searchPassages(symptom: ['no-such-topic']));
        expect($found->getStatus(), 400);
        expect($found->getErrors()[0]->getField(), 'symptom');
        expect($found->getErrors()[0]->getLocation(), FieldLocation::QUERY);
    },
    'problem_404' => static function () use ($topics): void {
        $found = problem(static fn () => $topics->getTopic('no-such-topic'));
        expect($found->getStatus(), 404);
        expect($found->getType(), '/problems/not-found');
        expect($found->getErrors(), []);
    },
    'null_members' => static function () use ($search, $passages, $find, $first, $last): void {
        expect($passages->getPassage($first)->getPreviousId(), null);
        expect($passages->getPassage($last)->getNextId(), null);
        $found = $find($search);
        expect($found->getSupport(), null);
        expect($found->getItems()[0]->getExplanation(), null);
        expect($found->getQuery()->getCorrectedText(), null);
    },
    'non_null_members' => static function () use ($search, $passages, $first): void {
        holds($passages->getPassage($first)->getNextId() !== null, 'one after the first');
        $found = $search->searchPassages(q: variable('THAW_MISSPELT'), limit: 1, explain: true);
        holds($found->getQuery()->getCorrectedText() !== null, 'a correction');
        holds($found->getItems()[0]->getExplanation()->getContributions()[0]->getShare() > 0, 'a share');
    },
    'added_members' => static function () use ($find, $a, $first): void {
        [$search, $topics, $passages] = apis(variable('THAW_GROWN_URL'));
        holds(count($find($search)->getItems()[0]->getPassage()->getTags()) > 0, 'tags');
        expect($topics->getTopic($a)->getId(), $a);
        expect($passages->getPassage($first)->getId(), $first);
        expect(problem(static fn () => $topics->getTopic('no-such-topic'))->getStatus(), 404);
    },
];

$failed = 0;
foreach ($checks as $name => $check) {
    try {
        $check();
        echo "ok $name\n";
    } catch (Throwable $error) {
        $failed++;
        echo "not ok $name: ", get_class($error), ' ', str_replace("\n", ' ', substr($error->getMessage(), 0, 300)), "\n";
    }
}
exit($failed ? 1 : 0);
