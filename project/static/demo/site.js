// Keep "what came of it" up to date; without JavaScript, loading the page again does the same.
const outcomes = document.getElementById("outcomes");

async function refresh() {
    if (document.hidden) {
        return;
    }
    try {
        const answer = await fetch(outcomes.dataset.source);
        const html = answer.ok ? await answer.text() : "";
        if (html && html !== outcomes.shown) {
            outcomes.shown = html;
            outcomes.innerHTML = html;
        }
    } catch {
        // The demo has been stopped, or is about to come back.
    }
}

setInterval(refresh, 1500);
