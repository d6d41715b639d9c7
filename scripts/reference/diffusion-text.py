"""
Prompts and what becomes of them: writes diffusion/text/prompts.json and emphasis.json. See README.md.

Tokens are those of transformers' CLIPTokenizer (the slow one, with ftfy), made from the merges that open_clip
carries. Everything else is written after the rules that AUTOMATIC1111's documentation gives, in another way than the
product does it: brackets character by character with each character's own set of brackets, editing by recursive
descent, chunks cut from a list. Floats are multiplied in another order, so weights are equal up to rounding.

    python scripts/reference/diffusion-text.py
"""

import gzip
import json
import math
import os
import re
import tempfile

import open_clip
import torch
from transformers import CLIPTokenizer

HERE = os.path.dirname(os.path.abspath(__file__))
OUT = os.path.join(HERE, "diffusion", "text")
STEPS = 8
COMMA = 267


def published_tokenizer():
    with gzip.open(os.path.join(os.path.dirname(open_clip.__file__), "bpe_simple_vocab_16e6.txt.gz")) as file:
        merges = file.read().decode().split("\n")[1 : 49152 - 256 - 2 + 1]
    visible = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    symbols = [chr(byte) for byte in visible] + [chr(0x100 + index) for index in range(256 - len(visible))]
    tokens = symbols + [symbol + "</w>" for symbol in symbols] + [merge.replace(" ", "") for merge in merges]
    tokens += ["<|startoftext|>", "<|endoftext|>"]
    with tempfile.TemporaryDirectory() as folder:
        vocabulary, pairs = os.path.join(folder, "vocab.json"), os.path.join(folder, "merges.txt")
        with open(vocabulary, "w", encoding="utf-8") as file:
            json.dump({token: index for index, token in enumerate(tokens)}, file)
        with open(pairs, "w", encoding="utf-8") as file:
            file.write("#version: 0.2\n" + "\n".join(merges) + "\n")
        return CLIPTokenizer(vocabulary, pairs)


TOKENIZER = published_tokenizer()


def tokens_of(text):
    return TOKENIZER(text, truncation=False, add_special_tokens=False)["input_ids"]


# Emphasis: every character is noted with the brackets around it; a bracket's factor is known when it closes.


def emphasis(prompt):
    """[text, weight] in order, or None for a break."""
    factors, round_open, square_open = {}, [], []
    runs = []  # [text, brackets around it, whether it may hold a BREAK]

    def put(text, plain):
        around = frozenset(round_open + square_open)
        if plain and runs and runs[-1][2] and runs[-1][1] == around and runs[-1][3] == len(runs):
            runs[-1][0] += text
        else:
            runs.append([text, around, plain, len(runs) + 1])

    def syntax():
        """The next plain character starts a run of its own."""
        if runs:
            runs[-1][3] = -1

    at = 0
    while at < len(prompt):
        character, rest = prompt[at], prompt[at:]
        weight = re.match(r":\s*([+-]?(?:\d+\.?\d*|\.\d+))\s*\)", rest)
        if character == "\\":
            escaped = rest[1:2] if rest[1:2] and rest[1] in "()[]\\" else ""
            put(escaped, False)
            at += 1 + len(escaped)
            continue
        if character in "([":
            syntax()
            factors[at] = None
            (round_open if character == "(" else square_open).append(at)
        elif weight and round_open:
            syntax()
            factors[round_open.pop()] = float(weight.group(1))
            at += len(weight.group(0))
            continue
        elif character == ")" and round_open:
            syntax()
            factors[round_open.pop()] = 1.1
        elif character == "]" and square_open:
            syntax()
            factors[square_open.pop()] = 1 / 1.1
        else:
            put(character, character not in ")]:")
        at += 1
    for bracket in round_open:
        factors[bracket] = 1.1
    for bracket in square_open:
        factors[bracket] = 1 / 1.1

    pieces = []

    def piece(text, value):
        if pieces and pieces[-1] is not None and math.isclose(pieces[-1][1], value, rel_tol=1e-12):
            pieces[-1][0] += text
        else:
            pieces.append([text, value])

    for text, around, plain, _ in runs:
        value = math.prod(factors[bracket] for bracket in sorted(around))
        for index, part in enumerate(re.split(r"\s*\bBREAK\b\s*", text) if plain else [text]):
            if index and math.isclose(value, 1):
                pieces.append(None)
            elif index:
                piece("BREAK", -value)
            piece(part, value)
    return pieces or [["", 1.0]]


# Chunks: the tokens between two breaks are cut from the front.


def chunks(pieces, backtrack=20):
    parts, part = [], []
    for text_and_weight in pieces:
        if text_and_weight is None:
            parts.append(part)
            part = []
        else:
            text, weight = text_and_weight
            part += [(token, weight) for token in tokens_of(text)]
    rows = []
    for index, tokens in enumerate([*parts, part]):
        last = index == len(parts)
        while len(tokens) > 75:
            cut = 75
            if tokens[75][0] != COMMA:
                near = [at for at in range(75 - backtrack, 75) if tokens[at][0] == COMMA]
                cut = near[-1] + 1 if near else 75
            rows.append(tokens[:cut])
            tokens = tokens[cut:]
        if tokens or not last or not rows:
            rows.append(tokens)
    return rows


# Editing: recursive descent.


class NoItem(Exception):
    pass


class NoPrompt(Exception):
    pass


NUMBER = re.compile(r"\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*$")


def inside(text, at):
    """A prompt within brackets, up to a sign that is not its own."""
    parts = []
    while at < len(text) and text[at] not in ":|)]":
        if text[at] in "([":
            item, at = bracket(text, at)
            parts.append(item)
        else:
            at, plain = plain_until(text, at)
            parts.append(plain)
    return parts, at


def plain_until(text, at):
    match = re.compile(r"(?:[^\\\[\]():|]|\\.)+").match(text, at)
    if not match:
        raise NoPrompt
    return match.end(), match.group(0)


def bracket(text, start):
    opening, prompts, signs, at = text[start], [], [], start + 1
    while True:
        begins = at
        parts, at = inside(text, at)
        prompts.append((parts, text[begins:at]))
        if at == len(text):
            raise NoItem
        sign, at = text[at], at + 1
        if sign in ")]":
            break
        signs.append(sign)
    if (opening == "(") != (sign == ")"):
        raise NoItem
    if opening == "(":
        if len(signs) > 1 or "|" in signs:
            raise NoItem
        first = prompts[0][0]
        return ("all", ["(", *first, *([":", *prompts[1][0]] if signs else []), ")"]), at
    if not signs:
        return ("all", ["[", *prompts[0][0], "]"]), at
    if set(signs) == {"|"}:
        return ("turn", [parts for parts, _ in prompts]), at
    number = NUMBER.match(prompts[-1][1])
    if "|" in signs or len(signs) > 2 or not number:
        raise NoItem
    before, after = ([], prompts[0][0]) if len(signs) == 1 else (prompts[0][0], prompts[1][0])
    value = float(number.group(1)) * (STEPS if "." in number.group(1) else 1)
    return ("when", before, after, min(STEPS, int(value))), at


def whole(text):
    parts, at = [], 0
    while at < len(text):
        if text[at] in "([":
            try:
                item, at = bracket(text, at)
                parts.append(item)
                continue
            except NoItem:
                pass
        if text[at] in "()[]:":
            parts.append(text[at])
            at += 1
        else:
            at, plain = plain_until(text, at)
            parts.append(plain)
    return parts


def ends(parts):
    for part in parts:
        if isinstance(part, str):
            continue
        if part[0] == "all":
            yield from ends(part[1])
        elif part[0] == "turn":
            yield from range(1, STEPS + 1)
            for choice in part[1]:
                yield from ends(choice)
        else:
            if part[3] >= 1:
                yield part[3]
            yield from ends(part[1])
            yield from ends(part[2])


def at_step(parts, step):
    def of(part):
        if isinstance(part, str):
            return part
        if part[0] == "all":
            return at_step(part[1], step)
        if part[0] == "turn":
            return at_step(part[1][(step - 1) % len(part[1])], step)
        return at_step(part[1] if step <= part[3] else part[2], step)

    return "".join(map(of, parts))


def phases(prompt):
    try:
        parts = whole(prompt)
    except NoPrompt:
        return [[STEPS, prompt]]
    return [[step, at_step(parts, step)] for step in sorted({STEPS, *ends(parts)})]


LONG = "masterpiece, best quality, ultra-detailed, 8k uhd, dslr, soft lighting, film grain, Fujifilm XT3, "

PROMPTS = [
    # plain text
    "",
    " ",
    "a photo of a cat",
    "A PHOTO, of an   Astronaut\triding\na horse",
    "it's we'll they've I'd don't 'quoted' rock'n'roll 'S 'LL",
    "8k 4096x2160 f/1.8 35mm 1girl 2girls 3.14159 1,000,000 ½ ² Ⅷ ١٢٣",
    "C++ & C#, $100 @home #hash 50% a_b-c~d^e*f=g <3 {curly} \"double\" `tick` !?!?...",
    "hyperphotorealistic supercalifragilisticexpialidocious pneumonoultramicroscopicsilicovolcanoconiosis",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    "trending on artstation,,,, ,, , sharp focus , by greg rutkowski",
    "https://example.com/a?b=c&d=e#f user@example.com C:/path/file.txt",
    # unicode
    "café naïve Ünïcödé façade Ångström smørrebrød",
    "cafe\u0301 nai\u0308ve a\u030angstro\u0308m",
    "東京の夜景、雨に濡れた道路",
    "中国山水画 水墨 高清",
    "한국의 아름다운 풍경 \u1112\u1161\u11ab",
    "Красивая девушка, портрет, МАСЛО",
    "ΟΔΥΣΣΕΥΣ Σίσυφος ΑΣ",
    "İstanbul ışık ŞEHİR STRASSE ẞ ß ſ",
    "صورة جميلة لقطة",
    "תמונה יפה שלום",
    "हिन्दी नमस्ते दुनिया",
    "ภาพถ่ายแมว",
    "tiếng Việt đẹp lắm",
    "😀 cat 😺🐈 dog",
    "👩‍👩‍👧‍👦 family 👍🏽 ❤️ 🇫🇷 🏴󠁧󠁢󠁥󠁮󠁧󠁿",
    "“curly” ‘quotes’ — dash – … • ™ © ®",
    "ﬁne ﬂower eﬀect ﬃ Ǆ ĳ",
    "ＦＵＬＬ　ｗｉｄｔｈ　１２３！？ ｶﾞﾊﾟ ｱｲｳ",
    "zero\u200bwidth soft\u00adhyphen nb\u00a0space thin\u2009space em\u2003space bom\ufeff",
    "𝕱𝖆𝖓𝖈𝖞 𝓽𝓮𝔁𝓽 ①②③ ★☆ ♥ → ∞ ≠ √",
    "R&amp;B &lt;3 &quot;x&quot; &#39;y&#39; &#x263A; &unknown; AT&T",
    "bell\u0007 escape\u001b[31mred\u001b[0m del\u007f",
    "a<|endoftext|>b <|STARTOFTEXT|>",
    # emphasis
    "a (red) cat",
    "a ((very (((red))))) cat",
    "a [pale] [[[faint]]] cat",
    "a (red:1.3) cat, (blue:0.5) dog, (green: 1.25 ) bird, (none:0), (less:-0.5), (more:+2.), (dot:.75)",
    "(a (b:2) c:1.5) [d (e) f]",
    "((a:1.2), [b:1.3], (c))",
    r"a \(literal\) \[bracket\] \\ backslash \n lone",
    r"(escaped \(inner\):1.2) and \((not escaped)",
    "unbalanced ( opens",
    "unbalanced [ opens (twice",
    "closes ) nothing ] here",
    "(crossing [brackets) here]",
    "weight:1.2 without, (two:1.2:1.3), (colon: in it:1.4), (bad:1.2.3), (word:abc), :), :1.5)",
    "(((((((((((((((deep)))))))))))))))",
    "[[[[[[[[[[[[[[[deep]]]]]]]]]]]]]]]",
    "()[](:1.2)(()) [ ] ( )",
    "(un)believ(able:1.3), (1)(2)(3)",
    "(masterpiece:1.4), (best quality), [worst], ((detailed eyes)), (\u76ee:1.2), (😀:1.1)",
    "{curly:1.2} <angle> |",
    "(a:1.1)(b:1.1)(c:1.2)[d][e]",
    # breaks
    "a BREAK b",
    "BREAK a BREAK BREAK b BREAK",
    "BREAKFAST a BREAKb break Break ,BREAK, \u00c9BREAK",
    "(a BREAK b) (c BREAK d:1) [e BREAK]",
    "a (red:1.2)\nBREAK\n(blue:1.3), sky",
    # chunks
    "cat " * 75,
    "cat " * 76,
    "cat " * 151,
    "cat " * 54 + ", " + "dog " * 40,
    "cat " * 55 + ", " + "dog " * 40,
    "cat " * 56 + ", " + "dog " * 40,
    "cat " * 74 + ", " + "dog " * 10,
    "cat " * 75 + ", " + "dog " * 10,
    LONG * 3,
    LONG * 8,
    ("(detailed:1.2), [blurry], " * 30).strip(),
    LONG * 2 + "BREAK (portrait of a woman:1.1), " + LONG * 2,
    "hyperdetailed photorealistic " * 30,
    "漢字" * 40 + ", " + "😀" * 30,
    "," * 160,
    # editing
    "a [cat:dog:3]",
    "a [cat:dog:0.5], [red:.25] [blue::0.75]",
    "fantasy landscape with a [mountain:lake:0.25] and [an oak:a christmas tree:0.75]"
    "[ in foreground::0.6][: in background:0.25] [shoddy:masterful:0.5]",
    "[cow|horse] in a field",
    "[a|b|c|] and [d|]",
    "[a:[b:c:4]:2] [[d|e]:f:0.5]",
    "[(red:1.2):(blue:1.3) and [green]:4] sky",
    "[a:b:0] [c:d:-2] [e:f:99] [g:h: 3 ] [i:j:1.0] [k:l:1e0] [m:n:+2]",
    "[a:b] [a:b:c] [a:b:c:2] [:] [::] [|] [:2] [::2]",
    "[open (a:b:3] [c:d:2] ((e][:f",
    r"[a\:b:c\|d:3] \[e:f:2\]",
    "a | [b:c:3]",
    "[a|b:2]",
    "[a:b:3] \\",
    "[a BREAK b:c:2]",
    "[" + "cat " * 80 + ":dog:4]",
    "(((a [b:c:.5] d)))",
]


def case(prompt):
    edited = phases(prompt)
    pieces = [emphasis(text) for _, text in edited]
    rows = [
        [[[token for token, _ in row], [round(weight, 9) for _, weight in row]] for row in chunks(one)] for one in pieces
    ]
    return {
        "prompt": prompt,
        "tokens": tokens_of(prompt),
        "phases": edited,
        # Weights that are 1 throughout are left out: most are.
        "rows": [
            [{"tokens": tokens, **({} if set(weights) <= {1.0} else {"weights": weights})} for tokens, weights in one]
            for one in rows
        ],
    }


def emphasised():
    """A row of the encoder's output with weights: each token times its own, then the mean of before."""
    torch.manual_seed(4)
    hidden = torch.randn(77, 8) + 0.1
    weights = torch.ones(77)
    weights[3:9] = torch.tensor([1.1, 1.21, 0.5, 1.5, -0.5, 0.0])
    weighted = hidden * weights[:, None]
    result = weighted * (hidden.mean() / weighted.mean())
    return {"hidden": hidden.flatten().tolist(), "weights": weights.tolist(), "result": result.flatten().tolist()}


def write(name, value):
    with open(os.path.join(OUT, name), "w", encoding="utf-8") as file:
        json.dump(value, file, ensure_ascii=True, separators=(",", ":"))
        file.write("\n")


if __name__ == "__main__":
    os.makedirs(OUT, exist_ok=True)
    write("prompts.json", {"steps": STEPS, "prompts": [case(prompt) for prompt in PROMPTS]})
    write("emphasis.json", emphasised())
    print(len(PROMPTS), "prompts")
