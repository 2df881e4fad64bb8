// A button beside each text that is there to be copied; without JavaScript the text can be marked and copied by hand.
for (const text of document.querySelectorAll(".ek-export")) {
    text.addEventListener("focus", () => text.select());
    if (!navigator.clipboard) {
        continue;
    }
    const button = document.createElement("button");
    button.type = "button";
    button.className = "ek-button ek-small";
    button.textContent = text.dataset.copy;
    button.addEventListener("click", async () => {
        await navigator.clipboard.writeText(text.value);
        button.textContent = text.dataset.copied;
    });
    text.after(button);
}
