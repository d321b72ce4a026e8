"""Whether words can be told from what is behind them: the contrast of WCAG 2.2, measured in the page."""

from __future__ import annotations

from playwright.sync_api import Page

ENOUGH = 4.5  # WCAG 2.2, success criterion 1.4.3, level AA

_CONTRAST = """
    const parse = text => { const [r, g, b, a = 1] = text.match(/[\\d.]+/g).map(Number); return [r, g, b, a]; };
    const linear = c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
    const luminance = ([r, g, b]) => 0.2126 * r + 0.7152 * g + 0.0722 * b;
    const light = rgb => luminance(rgb.slice(0, 3).map(c => linear(c / 255)));
    const contrast = (one, other) => {
        const [dark, bright] = [light(one), light(other)].sort((a, b) => a - b);
        return (bright + 0.05) / (dark + 0.05);
    };
"""
_FAINT = (
    f"async ([where, enough]) => {{{_CONTRAST}"
    + """
    const changing = document.getAnimations().filter(each => each.effect.target?.closest(where));
    await Promise.allSettled(changing.map(each => each.finished));  // ended, or given up for another
    const blend = (top, under) => [0, 1, 2].map(i => top[i] * top[3] + under[i] * (1 - top[3]));
    const behind = element => {
        const own = parse(getComputedStyle(element).backgroundColor);
        return own[3] === 1 ? own.slice(0, 3)
            : blend(own, element.parentElement ? behind(element.parentElement) : [255, 255, 255]);
    };
    const read = [], faint = [];
    for (const area of document.querySelectorAll(where)) {
        const words = document.createTreeWalker(area, NodeFilter.SHOW_TEXT);
        while (words.nextNode()) {
            const element = words.currentNode.parentElement, text = words.currentNode.data.trim();
            if (!/[\\p{L}\\p{N}]/u.test(text) || !element.checkVisibility()) continue;
            if (element.closest('style, script, svg')) continue;
            const ground = behind(element), ink = blend(parse(getComputedStyle(element).color), ground);
            const found = contrast(ink, ground);
            read.push(text);
            if (found < enough) faint.push(`${found.toFixed(1)}: ${text.slice(0, 60)}`);
        }
    }
    return [read.length, [...new Set(faint)]];
}"""
)
_COLOURS = (
    f"names => {{{_CONTRAST}"
    + """
    const computed = getComputedStyle(document.body), mark = document.body.appendChild(document.createElement("i"));
    const found = names.map(name => {
        mark.style.color = `var(${name})`;
        return contrast(parse(getComputedStyle(mark).color), parse(computed.backgroundColor));
    });
    mark.remove();
    return found;
}"""
)


def faint_words(page: Page, where: str) -> list[str]:
    """The words inside a CSS selector that stand out too little from their background, each with its contrast."""
    read, faint = page.evaluate(_FAINT, [where, ENOUGH])
    assert read, f"there are no words to read in {where}"
    return list(faint)


def contrasts(page: Page, *names: str) -> list[float]:
    """How the colours that a page's style sheet gives a name, such as `--wrong`, stand out from the page."""
    found: list[float] = page.evaluate(_COLOURS, list(names))
    return found
