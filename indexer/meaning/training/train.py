"""Trains the packaged sentence encoder: what people say, brought near to the passage that answers it.

Not part of the product and not run in CI: it needs PyTorch and two public models (README.md beside this file).

    python train.py phase STUDENT_FOLDER TEACHER_FOLDER OUT_FOLDER --steps 600 --rate 8e-5
    python train.py phase STUDENT_FOLDER TEACHER_FOLDER OUT_FOLDER --steps 420 --rate 5e-5 --listen 0.5
    python train.py export FOLDER model.onnx
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 - as everybody names it
from onnxruntime.quantization import QuantType, quantize_dynamic
from onnxruntime.quantization.shape_inference import quant_pre_process
from transformers import AutoModel, AutoTokenizer, BertModel

ROOT = Path(__file__).parents[3]
sys.path.insert(0, str(ROOT))

from material import Article, Asked, Passage, read_articles, topic_texts, utterances, with_slips  # noqa: E402

from corpus import Corpus, read_corpus  # noqa: E402 - the path comes first

SEED = 7
HELD_OUT = ("09", "13", "17", "29")
"""Articles that are not trained on: weights of the search are chosen on them."""
GAINS = {3: 1.0, 2: 0.45, 1: 0.15}
"""How the passages that answer share the target."""
TEMPERATURE = 0.05
HEADING_SHARE = 0.5
"""As in indexer.meaning.vectors: passages are compared in training as they are in the search."""

TEACHER_EPOCHS, TEACHER_RATE, TEACHER_QUERIES, TEACHER_DROPOUT = 6, 4e-4, 96, 0.3
NEAR_IDENTITY = 0.03
"""Pull of the teacher's linear heads back to where they began."""

FROZEN_LAYERS = 1
ARTICLE_QUERIES, MIXED_QUERIES, UTTERANCES = 96, 128, 56
"""Texts in a step: queries of one article, or of all; utterances beside them."""
ARTICLE_EVERY = 3
"""Each so many steps the passages of one article are moved too; in the others only what people say."""
REFRESH = 120
"""Steps after which the vectors of all passages are made anew."""
LIKE_TEACHER, TOPICS, UTTERANCES_LIKE_TEACHER = 1.0, 0.1, 0.3
"""Weights of the losses beside the graded answers'."""
CERTAINTY, UNANSWERED = 0.15, 16
"""Weight of the loss that parts queries with an answer from those without, and how many of the latter a step has."""
MIDDLE, WIDTH = 0.42, 0.08
"""Likeness at which an answer is as likely as none, and the distance from it that makes either e times as likely."""
SLIPS = 0.15
"""Share of the texts that get slips of the finger."""


@dataclass(frozen=True, slots=True)
class Rows:
    """Vectors of passages: their sentences, the mean of each passage's, and its heading."""

    sentences: torch.Tensor
    means: torch.Tensor
    headings: torch.Tensor
    places: torch.Tensor
    """Row numbers of each passage's sentences, the last one repeated to fill up; shape (passages, most sentences)."""

    def scores(self, queries: torch.Tensor) -> torch.Tensor:
        """As indexer.meaning.vectors.MeaningVectors.likeness; shape (queries, passages)."""
        passages, most = self.places.shape
        best = (queries @ self.sentences.T)[:, self.places.reshape(-1)].reshape(-1, passages, most).amax(2)
        rest = queries @ self.means.T + HEADING_SHARE * (queries @ self.headings.T)
        return (best + rest) / (2 + HEADING_SHARE)


def rows(passages: Sequence[Passage], sentences: torch.Tensor, headings: torch.Tensor) -> Rows:
    counts = torch.tensor([len(passage.sentences) for passage in passages])
    starts = counts.cumsum(0) - counts
    offsets = torch.arange(int(counts.max()))[None]
    places = starts[:, None] + torch.minimum(offsets, counts[:, None] - 1)
    owner = torch.repeat_interleave(torch.arange(len(passages)), counts)
    sums = torch.zeros(len(passages), sentences.shape[1]).index_add(0, owner, sentences)
    return Rows(sentences, F.normalize(sums / counts[:, None], dim=-1), headings, places)


class Encoder:
    """A model and its tokenizer; mean pooling, unit vectors."""

    def __init__(self, folder: str, kind: type = AutoModel) -> None:
        self.tokenizer = AutoTokenizer.from_pretrained(folder)
        self.model = kind.from_pretrained(folder, add_pooling_layer=False)

    def __call__(self, texts: Sequence[str], most: int = 128) -> torch.Tensor:
        order = sorted(range(len(texts)), key=lambda at: len(texts[at]))
        made = []
        for start in range(0, len(order), 64):
            chosen = [texts[at] for at in order[start : start + 64]]
            batch = self.tokenizer(chosen, padding=True, truncation=True, max_length=most, return_tensors="pt")
            with torch.autocast("cpu", dtype=torch.bfloat16):
                states = self.model(**batch).last_hidden_state.float()
            mask = batch["attention_mask"].unsqueeze(-1).float()
            made.append(F.normalize((states * mask).sum(1) / mask.sum(1), dim=-1))
        back = torch.empty(len(order), dtype=torch.long)
        back[torch.tensor(order)] = torch.arange(len(order))
        return torch.cat(made)[back]

    def passages(self, passages: Sequence[Passage]) -> Rows:
        sentences = [sentence for passage in passages for sentence in passage.sentences]
        vectors = self([*sentences, *(passage.heading for passage in passages)])
        return rows(passages, vectors[: len(sentences)], vectors[len(sentences) :])


class Remembering(Encoder):
    """One that stays as it is: each text is read once and kept in a file."""

    def __init__(self, folder: str, file: Path) -> None:
        super().__init__(folder)
        self.model.eval()
        self._file = file
        self._known: dict[str, torch.Tensor] = torch.load(file) if file.exists() else {}

    @torch.no_grad()
    def __call__(self, texts: Sequence[str], most: int = 160) -> torch.Tensor:
        missing = [text for text in dict.fromkeys(texts) if text not in self._known]
        if missing:
            self._known.update(zip(missing, super().__call__(missing, most), strict=True))
            torch.save(self._known, self._file)
        return torch.stack([self._known[text] for text in texts])


class Material:
    """All passages that are trained on in one row, and what is asked of them."""

    def __init__(self, articles: Sequence[Article]) -> None:
        self.articles = articles
        self.passages = [passage for article in articles for passage in article.passages]
        counts = [len(article.passages) for article in articles]
        self.first = np.cumsum([0, *counts])[:-1].tolist()
        self.article_of = torch.repeat_interleave(torch.arange(len(articles)), torch.tensor(counts))
        self.asked = [
            (number, asked) for number, article in enumerate(articles) for asked in article.asked if asked.grades
        ]
        self.unanswered = [
            (number, asked) for number, article in enumerate(articles) for asked in article.asked if not asked.grades
        ]

    def own(self, batch: Sequence[tuple[int, Asked]]) -> torch.Tensor:
        """Which passages are of each query's own article; (queries, passages)."""
        return self.article_of[None] == torch.tensor([number for number, _ in batch])[:, None]

    def targets(self, batch: Sequence[tuple[int, Asked]]) -> tuple[torch.Tensor, torch.Tensor]:
        """Shares of the answers, and which passages are of the query's own article; (queries, passages)."""
        gains = torch.zeros(len(batch), len(self.passages))
        for row, (number, asked) in enumerate(batch):
            for passage, grade in asked.grades.items():
                gains[row, self.first[number] + passage] = GAINS[grade]
        return gains / gains.sum(1, keepdim=True), self.own(batch)


def graded_loss(scores: torch.Tensor, shares: torch.Tensor, own: torch.Tensor) -> torch.Tensor:
    """Cross-entropy over the passages of the query's own article: of the others nobody said what they answer."""
    logs = F.log_softmax((scores / TEMPERATURE).masked_fill(~own, -1e4), 1)
    return -(shares * logs).sum(1).mean()


def certainty_loss(answered: torch.Tensor, unanswered: torch.Tensor) -> torch.Tensor:
    """Likeness itself should tell whether there is an answer: of the best one, or of the best passage where none is."""
    sure = F.softplus((MIDDLE - answered) / WIDTH).mean()
    return (sure + F.softplus((unanswered - MIDDLE) / WIDTH).mean()) / 2


def likeness_loss(scores: torch.Tensor, wanted: torch.Tensor) -> torch.Tensor:
    """How far the ranking of all passages is from the teacher's."""
    return F.kl_div(F.log_softmax(scores / TEMPERATURE, 1), F.softmax(wanted / TEMPERATURE, 1), reduction="batchmean")


class Teacher:
    """A large encoder with two linear heads, for queries and for passages, learned from the graded queries.

    The encoder itself stays as it is, so each text is read once.
    """

    def __init__(self, encoder: Remembering, material: Material, texts: Sequence[str]) -> None:
        known = list(dict.fromkeys([*texts, *(asked.text for _, asked in material.asked)]))
        self._queries = dict(zip(known, encoder(known), strict=True))
        plain = encoder.passages(material.passages)
        self._query_head = torch.eye(plain.headings.shape[1], requires_grad=True)
        self._passage_head = torch.eye(plain.headings.shape[1], requires_grad=True)
        self._fit(material, plain)
        self._rows = self._through_head(material.passages, plain)
        self._also: dict[str, torch.Tensor] = {}
        self._also_rows: Rows | None = None
        self._also_share = 0.0

    def _through_head(self, passages: Sequence[Passage], plain: Rows) -> Rows:
        turned = (F.normalize(part @ self._passage_head, dim=-1) for part in (plain.sentences, plain.headings))
        return rows(passages, *turned)

    def _fit(self, material: Material, plain: Rows) -> None:
        optimizer = torch.optim.Adam([self._query_head, self._passage_head], lr=TEACHER_RATE)
        asked_of = [[pair for pair in material.asked if pair[0] == at] for at in range(len(material.articles))]
        identity = torch.eye(len(self._query_head))
        steps = TEACHER_EPOCHS * len(asked_of) * 2
        schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: max(0.02, 1 - step / steps))
        for _ in range(TEACHER_EPOCHS):
            for at in random.sample(range(len(asked_of)), len(asked_of)) * 2:
                article = material.articles[at]
                start, count = material.first[at], len(article.passages)
                places = plain.places[start : start + count]
                some = slice(int(places.min()), int(places.max()) + 1)
                own = replace(plain, sentences=plain.sentences[some], headings=plain.headings[start : start + count])
                batch = random.sample(asked_of[at], min(TEACHER_QUERIES, len(asked_of[at])))
                vectors = torch.stack([self._queries[asked.text] for _, asked in batch])
                turned = F.normalize(F.dropout(vectors, TEACHER_DROPOUT) @ self._query_head, dim=-1)
                scores = self._through_head(article.passages, own).scores(turned)
                shares = material.targets(batch)[0][:, start : start + count]
                pull = sum(((head - identity) ** 2).sum() for head in (self._query_head, self._passage_head))
                loss = -(shares * F.log_softmax(scores / TEMPERATURE, 1)).sum(1).mean()
                loss = loss + NEAR_IDENTITY * pull / len(identity)
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                schedule.step()

    def listen_to(self, student: Encoder, material: Material, share: float) -> None:
        """From now on the student as it is now has a share in the marks: two that err apart err less together."""
        student.model.eval()
        with torch.no_grad():
            texts = list(self._queries)
            self._also = dict(zip(texts, student(texts), strict=True))
            self._also_rows = student.passages(material.passages)
        self._also_share = share

    @torch.no_grad()
    def scores(self, texts: Sequence[str]) -> torch.Tensor:
        vectors = torch.stack([self._queries[text] for text in texts]) @ self._query_head
        scores = self._rows.scores(F.normalize(vectors, dim=-1))
        if self._also_rows is None:
            return scores
        also = self._also_rows.scores(torch.stack([self._also[text] for text in texts]))
        return (1 - self._also_share) * scores + self._also_share * also


class Topics:
    """What people say, and texts on the same topics: each utterance belongs near to one of them."""

    def __init__(self, corpus: Corpus) -> None:
        number = {topic.id: at for at, topic in enumerate(corpus.vocabulary)}
        self.said = [(text, number[topic_id]) for text, topic_id in utterances(corpus)]
        self.texts, ids = zip(*topic_texts(corpus), strict=True)
        self._topic_of = torch.tensor([number[topic_id] for topic_id in ids])
        self._near = torch.zeros(len(number), len(number), dtype=torch.bool)
        for topic in corpus.vocabulary:
            for other in (topic.id, *topic.broader, *topic.narrower, *topic.related):
                self._near[number[topic.id], number[other]] = True

    def loss(self, queries: torch.Tensor, wanted: torch.Tensor, vectors: torch.Tensor) -> torch.Tensor:
        right = self._topic_of[None] == wanted[:, None]
        # Neighbouring topics are neither right nor wrong.
        unsure = self._near[wanted][:, self._topic_of] & ~right
        likeness = (queries @ vectors.T / TEMPERATURE).masked_fill(unsure, -1e4)
        logs = likeness - torch.logsumexp(likeness, 1, keepdim=True)
        # An utterance need not be near every text on its topic; those it is nearest to already count most.
        share = F.softmax(likeness.detach().masked_fill(~right, -1e4) * 0.5, 1)
        return -(share * logs.masked_fill(~right, 0)).sum(1).mean()


def drawn(things: Sequence, size: int) -> Iterator[list]:
    """Batches of `size` without end: each thing once before any comes again."""
    waiting: list = []
    while True:
        if len(waiting) < size:
            waiting += random.sample(things, len(things))
        yield waiting[:size]
        del waiting[:size]


def train(student: Encoder, teacher: Teacher, material: Material, topics: Topics, steps: int, rate: float) -> None:
    """One phase: `steps` of AdamW, warmed up over a twelfth of them, then falling to nearly nothing."""
    parameters = [parameter for parameter in student.model.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(parameters, lr=rate, weight_decay=0.01)
    warm = steps // 12 + 1
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: min(1, (step + 1) / warm) * max(0.03, 1 - step / steps)
    )
    of_article = [[pair for pair in material.asked if pair[0] == at] for at in range(len(material.articles))]
    article_batches = drawn(range(len(of_article)), 1)
    own_batches = [drawn(pairs, min(ARTICLE_QUERIES, len(pairs))) for pairs in of_article]
    mixed, said = drawn(material.asked, MIXED_QUERIES), drawn(topics.said, UTTERANCES)
    unanswered = drawn(material.unanswered, UNANSWERED)
    started = time.monotonic()
    for step in range(steps):
        if step % REFRESH == 0:
            student.model.eval()
            with torch.no_grad():
                stale, topic_vectors = student.passages(material.passages), student(topics.texts, 96)
            student.model.train()
        moved = stale
        if step % ARTICLE_EVERY == 0:
            [at] = next(article_batches)
            batch = next(own_batches[at])
            moved = with_article(stale, student, material, at)
        else:
            batch = next(mixed)
        queries = student([slipped(asked.text) for _, asked in batch], 80)
        scores = moved.scores(queries)
        shares, own = material.targets(batch)
        loss = graded_loss(scores, shares, own)
        loss = loss + LIKE_TEACHER * likeness_loss(scores, teacher.scores([asked.text for _, asked in batch]))
        without = next(unanswered)
        nearest = stale.scores(student([asked.text for _, asked in without], 48))
        nearest = nearest.masked_fill(~material.own(without), -1.0).amax(1)
        answers = scores.gather(1, shares.argmax(1, keepdim=True))[:, 0]
        loss = loss + CERTAINTY * certainty_loss(answers, nearest)
        spoken = next(said)
        vectors = student([slipped(text) for text, _ in spoken], 48)
        loss = loss + TOPICS * topics.loss(vectors, torch.tensor([topic for _, topic in spoken]), topic_vectors)
        wanted = teacher.scores([text for text, _ in spoken])
        loss = loss + UTTERANCES_LIKE_TEACHER * likeness_loss(stale.scores(vectors), wanted)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        schedule.step()
        if step % 20 == 0:
            print(f"{step}/{steps} loss {loss.item():.3f} after {time.monotonic() - started:.0f} s", flush=True)
    student.model.eval()


def with_article(stale: Rows, student: Encoder, material: Material, at: int) -> Rows:
    """All passages, those of one article made anew so that they can be moved."""
    start, passages = material.first[at], material.articles[at].passages
    end = start + len(passages)
    first, last = int(stale.places[start].min()), int(stale.places[end - 1].max()) + 1
    fresh = student.passages(passages)
    return Rows(
        torch.cat([stale.sentences[:first], fresh.sentences, stale.sentences[last:]]),
        torch.cat([stale.means[:start], fresh.means, stale.means[end:]]),
        torch.cat([stale.headings[:start], fresh.headings, stale.headings[end:]]),
        stale.places,
    )


def slipped(text: str) -> str:
    return with_slips(text) if random.random() < SLIPS else text


def phase(
    student_folder: str, teacher_folder: str, out_folder: str, steps: int, rate: float, listen: float, cache: str
) -> None:
    """Trains a student on from a folder, and saves it in another.

    `listen` is the share that the student as it is at the beginning has in the teacher's marks, `cache` the file
    that keeps the teacher's vectors.
    """
    torch.manual_seed(SEED)
    random.seed(SEED)
    material = Material([article for article in read_articles() if article.number not in HELD_OUT])
    topics = Topics(read_corpus(ROOT / "corpus"))
    teacher = Teacher(Remembering(teacher_folder, Path(cache)), material, [text for text, _ in topics.said])
    student = Encoder(student_folder, BertModel)
    if listen:
        teacher.listen_to(student, material, listen)
    for frozen in (student.model.embeddings, *student.model.encoder.layer[:FROZEN_LAYERS]):
        frozen.requires_grad_(False)
    train(student, teacher, material, topics, steps, rate)
    student.model.save_pretrained(out_folder)
    student.tokenizer.save_pretrained(out_folder)


class Pooled(torch.nn.Module):
    """Piece ids to one unit vector: mean pooling inside the graph."""

    def __init__(self, model: BertModel) -> None:
        super().__init__()
        self.model = model

    def forward(self, input_ids: torch.Tensor) -> torch.Tensor:
        states = self.model(input_ids=input_ids, attention_mask=torch.ones_like(input_ids)).last_hidden_state
        mean = states.mean(1)
        return mean / torch.clamp(torch.linalg.vector_norm(mean, dim=1, keepdim=True), min=1e-9)


def export(folder: str, target: str) -> None:
    """ONNX with int8 weights."""
    model = BertModel.from_pretrained(folder, add_pooling_layer=False, attn_implementation="eager")
    with tempfile.TemporaryDirectory() as scratch:
        full, prepared = f"{scratch}/full.onnx", f"{scratch}/prepared.onnx"
        torch.onnx.export(
            Pooled(model).eval(),
            (torch.tensor([[101, 2023, 2003, 102]]),),
            full,
            input_names=["input_ids"],
            output_names=["vector"],
            dynamic_axes={"input_ids": {0: "batch", 1: "pieces"}, "vector": {0: "batch"}},
            opset_version=17,
            dynamo=False,
        )
        quant_pre_process(full, prepared, skip_symbolic_shape=True)
        quantize_dynamic(prepared, target, weight_type=QuantType.QInt8, per_channel=True, reduce_range=True)
    print(f"{target}: {Path(target).stat().st_size:,} bytes")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    commands = parser.add_subparsers(required=True)
    one = commands.add_parser("phase")
    for name in ("student_folder", "teacher_folder", "out_folder"):
        one.add_argument(name)
    one.add_argument("--steps", type=int, required=True)
    one.add_argument("--rate", type=float, required=True)
    one.add_argument("--listen", type=float, default=0.0)
    one.add_argument("--cache", default="teacher.pt")
    one.set_defaults(run=phase)
    last = commands.add_parser("export")
    last.add_argument("folder")
    last.add_argument("target")
    last.set_defaults(run=export)
    arguments = vars(parser.parse_args())
    arguments.pop("run")(**arguments)


if __name__ == "__main__":
    main()
