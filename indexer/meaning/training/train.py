"""Trains the packaged sentence encoder: what people say, brought near to what articles say of it.

Not part of the product and not run in CI: it needs PyTorch and a base model (README.md beside this file).

    python train.py BASE_MODEL_FOLDER model.onnx
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 - as everybody names it
import yaml
from onnxruntime.quantization import QuantType, quantize_dynamic
from onnxruntime.quantization.shape_inference import quant_pre_process
from transformers import AutoTokenizer, BertModel

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
sys.path.insert(0, str(ROOT))

from corpus import read_corpus  # noqa: E402
from indexer.identify import Lock  # noqa: E402
from indexer.pipeline import prepare  # noqa: E402 - the path comes first

SEED = 7
EPOCHS = 2
BATCH = 48
LEARNING_RATE = 3e-5
TEMPERATURE = 0.05
FROZEN_LAYERS = 2
LABELS_EACH = 5
"""Labels of several words of each topic that join its utterances as short queries."""


def article_texts(vocabulary, passages) -> list[tuple[str, str]]:
    """(text, topic id): definitions, written passages, and passages of corpus/ that are about a topic."""
    texts: dict[str, list[str]] = {topic.id: [f"{topic.pref_label}: {topic.definition}"] for topic in vocabulary}
    for path in sorted(HERE.glob("passages.*.yaml")):
        for topic_id, written in yaml.safe_load(path.read_text("utf-8")).items():
            texts[topic_id] += written
    for published in passages:
        for tag in published.passage.tags:
            in_heading = any(found.source == "heading" for found in tag.evidence)
            in_text = sum(found.source == "text" for found in tag.evidence)
            if (in_heading and in_text) or in_text >= 3:
                texts[tag.topic_id].append(published.passage.text)
    pairs = []
    for topic_id, known in texts.items():
        for text in known:
            pairs.append((text, topic_id))
            sentences = [part for part in text.replace("\n", " ").split(". ") if len(part) > 25]
            if len(sentences) > 1:
                pairs += [(sentence, topic_id) for sentence in sentences]
    return pairs


def queries(corpus) -> list[tuple[str, str]]:
    """(what people say, topic id), shortest first, so that batches need little padding."""
    pairs = [(text, topic_id) for topic_id, texts in corpus.utterances.items() for text in texts]
    for topic in corpus.vocabulary:
        labels = [label for label in (*topic.alt_labels, *topic.hidden_labels) if len(label.split()) >= 2]
        random.shuffle(labels)
        pairs += [(label, topic.id) for label in labels[:LABELS_EACH]]
    return sorted(pairs, key=lambda pair: len(pair[0]))


def main(base: str, target: str) -> None:
    torch.manual_seed(SEED)
    random.seed(SEED)
    corpus = read_corpus(ROOT / "corpus")
    topics = list(corpus.vocabulary.topics)
    number = {topic_id: at for at, topic_id in enumerate(topics)}
    near = torch.zeros(len(topics), len(topics), dtype=torch.bool)
    for topic in corpus.vocabulary:
        for other in (topic.id, *topic.broader, *topic.narrower, *topic.related):
            near[number[topic.id], number[other]] = True

    tokenizer = AutoTokenizer.from_pretrained(base)
    model = BertModel.from_pretrained(base, add_pooling_layer=False, attn_implementation="eager")

    def vectors(texts: list[str], most: int) -> torch.Tensor:
        batch = tokenizer(texts, padding=True, truncation=True, max_length=most, return_tensors="pt")
        states = model(**batch).last_hidden_state
        mask = batch["attention_mask"].unsqueeze(-1).float()
        return F.normalize((states * mask).sum(1) / mask.sum(1), dim=-1)

    # The articles keep the vectors of the base model: only what people say is moved, towards them. All of them
    # are candidates in every step, so that no step is easy.
    model.eval()
    articles = article_texts(corpus.vocabulary, prepare(corpus, Lock()).passages)
    order = sorted(range(len(articles)), key=lambda at: len(articles[at][0]))
    targets = torch.zeros(len(articles), model.config.hidden_size)
    with torch.no_grad():
        for start in range(0, len(order), 32):
            chosen = order[start : start + 32]
            targets[chosen] = vectors([articles[at][0] for at in chosen], 96)
    topic_of = torch.tensor([number[topic_id] for _, topic_id in articles])

    asked = [(text, number[topic_id]) for text, topic_id in queries(corpus)]
    batches = [asked[start : start + BATCH] for start in range(0, len(asked), BATCH)]
    for frozen in (model.embeddings, *model.encoder.layer[:FROZEN_LAYERS]):
        frozen.requires_grad_(False)
    steps = EPOCHS * len(batches)
    warm = steps // 10 + 1
    optimizer = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=LEARNING_RATE)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: min(1, (step + 1) / warm) * max(0.05, 1 - step / steps)
    )
    model.train()
    waiting: list[int] = []
    started = time.monotonic()
    for step in range(steps):
        waiting = waiting or random.sample(range(len(batches)), len(batches))
        batch = batches[waiting.pop()]
        wanted = torch.tensor([topic for _, topic in batch])
        likeness = vectors([text for text, _ in batch], 48) @ targets.T / TEMPERATURE
        right = topic_of[None, :] == wanted[:, None]
        # Neighbouring topics are neither right nor wrong.
        likeness = likeness.masked_fill(near[wanted][:, topic_of] & ~right, -1e4)
        logs = likeness - torch.logsumexp(likeness, 1, keepdim=True)
        # An utterance need not be near every text on its topic; those it is nearest to already count most.
        share = F.softmax(likeness.detach().masked_fill(~right, -1e4) * 0.5, 1)
        loss = -(share * logs.masked_fill(~right, 0)).sum(1).mean()
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        if step % 20 == 0:
            print(f"{step}/{steps} loss {loss.item():.3f} after {time.monotonic() - started:.0f} s", flush=True)
    export(model.eval(), target)


class Pooled(torch.nn.Module):
    """Piece ids to one unit vector: mean pooling inside the graph."""

    def __init__(self, model: BertModel) -> None:
        super().__init__()
        self.model = model

    def forward(self, input_ids: torch.Tensor) -> torch.Tensor:
        states = self.model(input_ids=input_ids, attention_mask=torch.ones_like(input_ids)).last_hidden_state
        mean = states.mean(1)
        return mean / torch.clamp(torch.linalg.vector_norm(mean, dim=1, keepdim=True), min=1e-9)


def export(model: BertModel, target: str) -> None:
    """ONNX with int8 weights."""
    with tempfile.TemporaryDirectory() as folder:
        full, prepared = f"{folder}/full.onnx", f"{folder}/prepared.onnx"
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
    print(f"{target}: {Path(target).stat().st_size:,} bytes", np.__version__)


if __name__ == "__main__":
    main(*sys.argv[1:])
