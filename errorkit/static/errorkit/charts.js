// Draws each table of numbers as stacked bars, and folds it. Without JavaScript the table is there to read.
// All text comes from the table, so it is in the person's language, and the server decides what it says.

const drawn = [];

// A canvas does not know the variables of the style sheet.
const probe = document.createElement("span");

function colourOf(name) {
    probe.style.color = `var(${name})`;
    return getComputedStyle(probe).color;
}

function readTable(table) {
    const heads = [...table.tHead.rows[0].cells].slice(1);
    const rows = [...table.tBodies[0].rows];
    const columns = heads.filter((head) => "series" in head.dataset);
    return {
        labels: rows.map((row) => row.cells[0].textContent.trim()),
        series: columns.map((head) => ({
            label: head.textContent.trim(),
            data: rows.map((row) => Number(row.cells[head.cellIndex].firstElementChild.value)),
        })),
        deploys: rows.map((row) => row.dataset.deploys ?? ""),
    };
}

// A dashed line where a release was deployed, and its name where there is room for it.
const deployLines = {
    id: "deployLines",
    afterDatasetsDraw(chart, _args, { deploys }) {
        const { ctx, chartArea, scales } = chart;
        const taken = [];
        ctx.save();
        ctx.font = `11px ${Chart.defaults.font.family}`;
        ctx.strokeStyle = ctx.fillStyle = colourOf("--ek-green");
        ctx.setLineDash([3, 3]);
        // The newest first: where two have no room beside each other, it keeps its name.
        [...deploys.entries()].reverse().forEach(([place, release]) => {
            if (!release) {
                return;
            }
            const x = Math.round(scales.x.getPixelForValue(place)) + 0.5;
            ctx.beginPath();
            ctx.moveTo(x, chartArea.top - 4);
            ctx.lineTo(x, chartArea.bottom);
            ctx.stroke();
            const width = ctx.measureText(release).width;
            const start = Math.min(Math.max(x - width / 2, chartArea.left), chartArea.right - width);
            const end = start + width;
            if (width < 120 && taken.every(([from, to]) => end + 8 < from || to + 8 < start)) {
                ctx.fillText(release, start, chartArea.top - 8);
                taken.push([start, end]);
            }
        });
        ctx.restore();
    },
};

function dress(chart) {
    const { options, data } = chart;
    const quiet = colourOf("--ek-quiet");
    const line = colourOf("--ek-line");
    data.datasets.forEach((series, place) => {
        const name = data.datasets.length > 1 ? `--ek-series-${Math.min(place, 4)}` : "--ek-bar";
        series.backgroundColor = series.hoverBackgroundColor = colourOf(name);
    });
    options.scales.x.ticks.color = options.scales.y.ticks.color = quiet;
    options.scales.x.border.color = options.scales.y.grid.color = line;
    options.plugins.legend.labels.color = quiet;
    Object.assign(options.plugins.tooltip, {
        backgroundColor: colourOf("--ek-loud"),
        titleColor: colourOf("--ek-ground"),
        bodyColor: colourOf("--ek-ground"),
        footerColor: colourOf("--ek-ground"),
    });
    chart.update();
}

function draw(fold) {
    const table = fold.querySelector("table");
    const { labels, series, deploys } = readTable(table);
    const rtl = getComputedStyle(fold).direction === "rtl";
    const plot = document.createElement("div");
    const canvas = document.createElement("canvas");
    plot.className = "ek-plot";
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", fold.dataset.label);
    plot.append(canvas);
    fold.before(plot);
    fold.open = false;
    fold.classList.add("ek-drawn");
    const deployed = table.dataset.deployed;
    const chart = new Chart(canvas, {
        type: "bar",
        data: {
            labels,
            datasets: series.map((each) => ({
                ...each,
                minBarLength: 2,
                skipNull: true,
                data: each.data.map((count) => count || null),
                categoryPercentage: 0.9,
                barPercentage: 0.9,
                borderRadius: 1,
            })),
        },
        options: {
            animation: false,
            maintainAspectRatio: false,
            interaction: { mode: "index", intersect: false },
            layout: { padding: { top: deploys.some(Boolean) ? 20 : 6 } },
            scales: {
                x: {
                    stacked: true,
                    reverse: rtl,
                    grid: { display: false },
                    border: {},
                    ticks: { maxRotation: 0, autoSkipPadding: 24 },
                },
                y: {
                    stacked: true,
                    beginAtZero: true,
                    suggestedMax: 4,
                    position: rtl ? "right" : "left",
                    grid: {},
                    border: { display: false },
                    ticks: { precision: 0, maxTicksLimit: 4 },
                },
            },
            plugins: {
                deployLines: { deploys },
                legend: {
                    display: series.length > 1,
                    position: "bottom",
                    align: "start",
                    rtl,
                    labels: { boxWidth: 10, boxHeight: 10 },
                },
                tooltip: {
                    rtl,
                    displayColors: series.length > 1,
                    callbacks: {
                        footer: ([{ dataIndex }]) =>
                            deploys[dataIndex] ? `${deployed}: ${deploys[dataIndex]}` : "",
                    },
                },
            },
        },
        plugins: [deployLines],
    });
    dress(chart);
    drawn.push(chart);
}

function dressAll() {
    drawn.forEach(dress);
}

probe.hidden = true;
document.body.append(probe);
Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;
Chart.defaults.locale = document.documentElement.lang || undefined;
document.querySelectorAll(".ek-data").forEach(draw);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", dressAll);
new MutationObserver(dressAll).observe(document.documentElement, {
    attributeFilter: ["data-theme", "class"],
});
