# Makes the sample report's payload: orders by city and quarter, alike on every run.
#
#   jq -n -f sample.jq
{
    title: "Orders by city, 2026",
    subtitle: "Longhaul sample data, drawn by the job report.pdf",
    unit: "EUR",
    label: "City",
    columns: ["Q1", "Q2", "Q3", "Q4"],
    rows: ["Amsterdam", "Athens", "Barcelona", "Bergen", "Berlin", "Bern", "Bilbao", "Bologna", "Bordeaux",
        "Bratislava", "Bremen", "Brno", "Brussels", "Bucharest", "Budapest", "Cologne", "Copenhagen", "Cork",
        "Dresden", "Dublin", "Edinburgh", "Florence", "Gdańsk", "Geneva", "Genoa", "Ghent", "Glasgow",
        "Gothenburg", "Graz", "Hamburg", "Helsinki", "Innsbruck", "Kraków", "Leeds", "Leipzig", "Lille",
        "Lisbon", "Ljubljana", "London", "Luxembourg", "Lyon", "Madrid", "Malmö", "Manchester", "Marseille",
        "Milan", "Munich", "Nantes", "Naples", "Oslo", "Paris", "Porto", "Poznań", "Prague", "Riga", "Rome",
        "Rotterdam", "Salzburg", "Sevilla", "Sofia", "Stockholm", "Strasbourg", "Stuttgart", "Tallinn",
        "Toulouse", "Trieste", "Turin", "Turku", "Utrecht", "Valencia", "Valletta", "Venice", "Vienna",
        "Vilnius", "Warsaw", "Wrocław", "Zagreb", "Zürich"]
        | to_entries
        | map(.key as $city | [.value] + [range(4) | 1000 + ($city * 7919 + . * 1237 + $city * $city * 613) % 43000])
}
