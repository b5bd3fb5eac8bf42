// The screening matcher in JavaScript, for Node 20 and browsers, without dependencies:
//
//   const pack = await (await fetch("https://…/v1/support/rules")).json();
//   const screener = new Screener(pack);
//   screener.screen("…");  // {tier, rule_id, language, matched, informational, concern}
//
// It gives the same answers as the server and as screen.py, which has the comments. Offsets count code points.

const TOKEN = /[a-z0-9*]+(?:'[a-z0-9*]+)*|[!?;]|\.+/g;
const REPEATED = /(.)\1{2,}/g;
const LETTER_AND_DIGIT = /[a-z]\d|\d[a-z]/;
const SPACES = ["", " ", "\t", "\r", "\n"];
const FULL_STOP = ".";
const TIERS = ["none", "distress", "crisis"];
const NOTHING = { tier: "none", rule_id: null, language: null, matched: [], informational: false, concern: null };

export class Screener {
  constructor(pack) {
    if (pack.format !== 1) throw new Error(`rule pack of format ${pack.format}, not 1: take a newer matcher`);
    this.pack = pack;
    this.limits = pack.limits;
    this.letters = new Map(Object.entries(pack.letters));
    this.leet = pack.leet.map((table) => new Map(Object.entries(table)));
    this.words = new Map(Object.entries(pack.words));
    this.prefixes = new Map(Object.entries(pack.prefixes));
    this.respell = new Map(Object.entries(pack.respell));
    this.elisions = new Set(pack.elisions);
    this.kept = new Set(pack.kept);
    this.joinable = new Set(pack.joinable);
    this.compounds = new Map();
    for (const [parts, whole] of pack.compounds) push(this.compounds, parts[0], [parts, whole]);
    this.fuzzy = new Map();
    for (const word of pack.fuzzy) push(this.fuzzy, word[0], word);
    this.masks = this.indexed(pack.masks.map((one) => [one, -1]));
    this.patterns = this.indexed(pack.rules.flatMap((rule, number) => rule.patterns.map((one) => [one, number])));
  }

  screen(text, language = null) {
    const tokens = this.tokens(text);
    for (const [start, end] of [...this.matches(this.masks, reading(tokens))])
      for (let place = start; place <= end; place++) tokens[place].classes = new Set();
    const read = reading(tokens);
    const seen = new Map();
    let best = null;
    let spans = [];
    for (const [start, end, number] of this.matches(this.patterns, read)) {
      const rule = this.pack.rules[number];
      const rank = [-TIERS.indexOf(rule.tier), rule.language === language ? 0 : 1, number];
      const order = best === null ? -1 : compare(rank, best);
      if (order > 0 || this.isExcused(rule.unless, start, end, read, seen)) continue;
      if (order < 0) {
        best = rank;
        spans = [];
      }
      spans.push([start, end]);
    }
    if (best === null) return { ...NOTHING };
    const rule = this.pack.rules[best[2]];
    const [start, end] = spans.reduce((one, other) => (compare(other, one) < 0 ? other : one));
    let { concern } = rule;
    if (concern === "self" && this.isAboutAnother(start, end, read)) concern = "other";
    else if (concern === "other" && tokens.slice(start + 1, end + 1).some((token) => token.classes.has(this.pack.i)))
      concern = "self";
    const places = spans.map(([a, b]) => [tokens[a].start, tokens[b].end]).sort(compare);
    return {
      tier: rule.tier,
      rule_id: rule.id,
      language: rule.language,
      matched: places.filter((one, index) => index === 0 || compare(one, places[index - 1]) !== 0),
      informational: rule.informational,
      concern,
    };
  }

  // --- words

  tokens(text) {
    const [folded, places] = this.fold(text);
    const raw = [];
    for (const match of folded.matchAll(TOKEN)) {
      const stop = match.index + match[0].length;
      const [start, end, word] = [places[match.index], places[stop - 1] + 1, match[0]];
      if (word[0] === ".") {
        if (word.length === 1 && SPACES.includes(folded.slice(stop, stop + 1))) raw.push({ start, end, word: FULL_STOP });
      } else if ("!?;".includes(word)) {
        raw.push({ start, end, word: FULL_STOP });
      } else {
        for (const part of this.parts(word.replace(/^\*+|\*+$/g, ""))) raw.push({ start, end, word: part });
      }
    }
    const spelt = [];
    for (const { start, end, word } of this.joinedLetters(raw))
      for (const meant of this.resolve(word)) spelt.push({ start, end, word: meant });
    const tokens = this.compounded(spelt);
    for (const token of tokens) token.classes = this.classes(token.word);
    return tokens;
  }

  fold(text) {
    const folded = [];
    const places = [];
    let place = 0;
    for (const character of text) {
      if (place >= this.limits.characters) break;
      let plain = character.toLowerCase();
      if (/[^\x00-\x7f]/.test(plain)) plain = plain.normalize("NFKD");
      for (const one of plain) {
        if (one >= "\u0300" && one <= "\u036f") continue;
        for (const letter of this.letters.get(one) ?? one) {
          // One UTF-16 unit for each character, so that the places stay in step.
          folded.push(letter.length === 1 ? letter : "\ufffd");
          places.push(place);
        }
      }
      place++;
    }
    const isLetter = (character) => character >= "a" && character <= "z";
    const signs = { "!": "i", "@": "a", $: "s" };
    for (let index = 1; index < folded.length - 1; index++)
      if (folded[index] in signs && isLetter(folded[index - 1]) && isLetter(folded[index + 1]))
        folded[index] = signs[folded[index]];
    return [folded.join(""), places];
  }

  parts(word) {
    const parts = [];
    const heads = word.split("'");
    const last = heads.pop();
    let rest = "";
    for (const head of heads) {
      if (this.elisions.has(rest + head)) {
        parts.push(rest + head);
        rest = "";
      } else rest += head;
    }
    return [...parts, rest + last].filter((part) => part);
  }

  *joinedLetters(tokens) {
    let index = 0;
    next: while (index < tokens.length) {
      const most = Math.min(tokens.length, index + this.limits.spaced_letters);
      let stop = index;
      while (stop < most && tokens[stop].word.length === 1 && tokens[stop].word !== FULL_STOP) stop++;
      for (let end = stop; end > index + 2; end--) {
        const word = tokens.slice(index, end).map((token) => token.word).join("");
        if (this.isKnown(word) || this.resolve(word).length > 1) {
          yield { start: tokens[index].start, end: tokens[end - 1].end, word };
          index = end;
          continue next;
        }
      }
      yield tokens[index++];
    }
  }

  isKnown(word) {
    return this.words.has(word) || this.respell.has(word) || this.classes(word).size > 0 || this.kept.has(word);
  }

  resolve(word) {
    const candidates = [word];
    const once = word.replace(REPEATED, "$1");
    if (once !== word) candidates.push(once, word.replace(REPEATED, "$1$1"));
    if (LETTER_AND_DIGIT.test(word))
      for (const table of this.leet) candidates.push([...word].map((one) => table.get(one) ?? one).join(""));
    for (const candidate of candidates) {
      if (this.respell.has(candidate)) return this.respell.get(candidate).split(" ");
      if (this.isKnown(candidate)) return [candidate];
    }
    if (word.includes("*")) {
      const fits = (meant) => meant.length === word.length && [...word].every((one, at) => one === "*" || one === meant[at]);
      for (const words of this.fuzzy.values()) for (const meant of words) if (fits(meant)) return [meant];
      return [word];
    }
    const { fuzzy_min, fuzzy_max, split_min, split_max } = this.limits;
    for (const candidate of candidates.length === 1 ? candidates : candidates.slice(1)) {
      if (candidate.length >= fuzzy_min && candidate.length <= fuzzy_max)
        for (const meant of this.fuzzy.get(candidate[0]) ?? [])
          if (meant.length >= fuzzy_min && oneSlip(candidate, meant)) return [meant];
      if (candidate.length >= split_min && candidate.length <= split_max) {
        const parts = this.split(candidate);
        if (parts) return parts.flatMap((part) => (this.respell.get(part) ?? part).split(" "));
      }
    }
    return [word];
  }

  split(word) {
    const best = [[], ...Array(word.length).fill(null)];
    for (let end = 1; end <= word.length; end++)
      for (let start = Math.max(0, end - 10); start < end; start++) {
        const part = word.slice(start, end);
        if (best[start] && this.joinable.has(part) && (!best[end] || best[start].length + 1 < best[end].length))
          best[end] = [...best[start], part];
      }
    return best[word.length];
  }

  compounded(tokens) {
    const joined = [];
    let index = 0;
    next: while (index < tokens.length) {
      for (const [parts, whole] of this.compounds.get(tokens[index].word) ?? []) {
        const group = tokens.slice(index, index + parts.length);
        if (group.length === parts.length && group.every((token, at) => token.word === parts[at])) {
          joined.push({ start: group[0].start, end: group[group.length - 1].end, word: whole });
          index += parts.length;
          continue next;
        }
      }
      joined.push(tokens[index++]);
    }
    return joined;
  }

  classes(word) {
    const classes = new Set(this.words.get(word) ?? []);
    for (let length = 3; length <= word.length; length++)
      for (const one of this.prefixes.get(word.slice(0, length)) ?? []) classes.add(one);
    return classes;
  }

  // --- patterns

  indexed(patterns) {
    const sizes = new Map();
    for (const classes of [...this.words.values(), ...this.prefixes.values()])
      for (const one of classes) sizes.set(one, (sizes.get(one) ?? 0) + 1);
    const index = new Map();
    for (const [pattern, number] of patterns) {
      const rarest = required(pattern).reduce((one, other) =>
        compare([sizes.get(other) ?? 0, other], [sizes.get(one) ?? 0, one]) < 0 ? other : one,
      );
      push(index, rarest, [pattern, number]);
    }
    return index;
  }

  *matches(index, read) {
    for (const one of [...read.where.keys()].sort((a, b) => a - b))
      for (const [pattern, number] of index.get(one) ?? [])
        if (required(pattern).every((wanted) => read.where.has(wanted)))
          for (const [start, end] of this.find(pattern, read)) yield [start, end, number];
  }

  find(pattern, read) {
    if (pattern.window) return this.findUnordered(pattern, read);
    const { tokens, where } = read;
    const { span } = this.limits;
    let states = new Map();
    let isOpen = true;
    for (const [wanted, gap, optional] of pattern.slots) {
      const moved = new Map();
      if (isOpen)
        for (const place of where.get(wanted) ?? [])
          if (!pattern.from_start || (place < span && this.isQuiet(tokens.slice(0, place)))) moved.set(place, place);
      for (const [place, start] of states) {
        let skipped = 0;
        for (let nearby = place + 1; nearby < Math.min(tokens.length, place + 1 + span); nearby++) {
          const token = tokens[nearby];
          if (token.word === FULL_STOP) break;
          if (token.classes.has(wanted) && start > (moved.get(nearby) ?? -1)) moved.set(nearby, start);
          if (!token.classes.has(this.pack.filler) && ++skipped > gap) break;
        }
      }
      if (optional) for (const [place, start] of states) moved.set(place, Math.max(start, moved.get(place) ?? -1));
      else isOpen = false;
      states = moved;
    }
    const found = [...states].map(([end, start]) => [start, end]).sort((one, other) => one[1] - other[1]);
    return pattern.to_end ? found.filter(([, end]) => this.isQuiet(tokens.slice(end + 1))) : found;
  }

  isQuiet(tokens) {
    return tokens.every((token) => token.classes.has(this.pack.filler) || token.word === FULL_STOP);
  }

  findUnordered(pattern, { tokens, where }) {
    const wanted = required(pattern);
    const places = [...new Set(wanted.flatMap((one) => where.get(one) ?? []))].sort((a, b) => a - b);
    const found = [];
    for (const place of places) {
      const missing = new Set(wanted);
      for (let nearby = place; nearby < Math.min(tokens.length, place + pattern.window); nearby++) {
        for (const one of tokens[nearby].classes) missing.delete(one);
        if (missing.size === 0) {
          found.push([place, nearby]);
          break;
        }
      }
    }
    return found;
  }

  isExcused(names, start, end, read, seen) {
    const near = this.limits.context;
    return names.some((name) => {
      if (!seen.has(name)) seen.set(name, this.pack.contexts[name].flatMap((one) => this.find(one, read)));
      return seen.get(name).some(([first, last]) => first <= end + near && last >= start - near);
    });
  }

  isAboutAnother(start, end, read) {
    const isMine = (token) => token.classes.has(this.pack.me);
    return this.pack.others.some((pattern) =>
      this.find(pattern, read).some(
        ([, last]) =>
          start - this.limits.other <= last && last < end && !read.tokens.slice(last + 1, end + 1).some(isMine),
      ),
    );
  }
}

function reading(tokens) {
  const where = new Map();
  tokens.forEach((token, place) => token.classes.forEach((one) => push(where, one, place)));
  return { tokens, where };
}

function required(pattern) {
  return [...new Set(pattern.slots.filter(([, , optional]) => !optional).map(([wanted]) => wanted))];
}

function push(map, key, value) {
  if (map.has(key)) map.get(key).push(value);
  else map.set(key, [value]);
}

function compare(one, other) {
  for (let at = 0; at < one.length; at++) if (one[at] !== other[at]) return one[at] < other[at] ? -1 : 1;
  return 0;
}

function oneSlip(one, other) {
  if (Math.abs(one.length - other.length) > 1 || one === other) return one === other;
  let first = 0;
  while (first < Math.min(one.length, other.length) && one[first] === other[first]) first++;
  if (one.length > other.length) return one.slice(first + 1) === other.slice(first);
  if (one.length < other.length) return one.slice(first) === other.slice(first + 1);
  if (one.slice(first + 1) === other.slice(first + 1)) return true;
  return one[first] === other[first + 1] && one[first + 1] === other[first] && one.slice(first + 2) === other.slice(first + 2);
}
