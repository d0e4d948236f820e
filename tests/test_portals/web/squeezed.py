"""Texts of a page that have room for a few letters a line: no overflow shows them."""

SQUEEZED = """() => [...document.querySelectorAll('main *')].filter(one => {
  if (!one.checkVisibility() || one.closest('svg, .visually-hidden')) return false;
  const own = [...one.childNodes].filter(n => n.nodeType === 3).map(n => n.data.trim())
    .filter(Boolean).join(' ');
  const box = one.getBoundingClientRect();
  const size = parseFloat(getComputedStyle(one).fontSize);
  return own.length >= 12 && box.width < 5 * size && box.height > 4 * size;
}).map(one => one.outerHTML.slice(0, 160))"""
"""Long texts in a box of fewer than five characters of Chinese, or some ten letters."""
