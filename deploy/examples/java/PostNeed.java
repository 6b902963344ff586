// A company posts one need with CloudEvents' own SDK, in structured mode: attributes and data in one JSON object.
//
//   mvn -q dependency:copy-dependencies -DoutputDirectory=lib
//   HUB_URL=http://127.0.0.1:8480 HUB_KEY=hub_live_… java -cp "lib/*" PostNeed.java

import io.cloudevents.CloudEvent;
import io.cloudevents.core.builder.CloudEventBuilder;
import io.cloudevents.core.provider.EventFormatProvider;
import io.cloudevents.jackson.JsonFormat;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;

public class PostNeed {
    static final String NEED = """
        {"need_id": "N-103", "company_id": "betangible", "title": {"es": "Cuatro costureras"}, "headcount": 4,
         "skills": [{"uri": "http://data.europa.eu/esco/skill/c8d75bf4-ad0d-4f36-8cdc-265a7b044881"}],
         "target_group": "cvet", "locations": [{"nuts": "ES612", "lat": 36.678, "lon": -5.447}], "languages": ["es"],
         "start_window": {"earliest": "2026-12-08", "latest": "2027-02-28"}, "delivery_modes": ["presential"],
         "valid_until": "2027-03-31"}""";

    public static void main(String[] arguments) throws Exception {
        CloudEvent event = CloudEventBuilder.v1()
            .withId("java-1") // yours, and the same each time you send this fact: sent twice, it counts once
            .withSource(URI.create("/companies/betangible")) // who says it; your key decides what you may write here
            .withType("eu.vethub.need.published.v1")
            .withSubject("betangible/N-103") // what it is about: <organisation>/<local id>
            .withData("application/json", NEED.getBytes(StandardCharsets.UTF_8))
            .build();
        byte[] body = EventFormatProvider.getInstance().resolveFormat(JsonFormat.CONTENT_TYPE).serialize(event);

        String hub = System.getenv().getOrDefault("HUB_URL", "http://127.0.0.1:8480");
        HttpRequest request = HttpRequest.newBuilder(URI.create(hub + "/v1/events"))
            .header("Authorization", "Bearer " + System.getenv("HUB_KEY"))
            .header("Content-Type", JsonFormat.CONTENT_TYPE)
            .POST(BodyPublishers.ofByteArray(body))
            .build();
        HttpClient client = HttpClient.newHttpClient();
        HttpResponse<String> answer = client.send(request, BodyHandlers.ofString());
        for (int times = 1; times < 5 && (answer.statusCode() == 429 || answer.statusCode() == 503); times++) {
            Thread.sleep(1000 * Long.parseLong(answer.headers().firstValue("Retry-After").orElse("1"))); // as the hub asks
            answer = client.send(request, BodyHandlers.ofString());
        }
        System.out.println(answer.body()); // refused: "errors" says which field, and what to write instead
        System.exit(answer.statusCode() == 202 ? 0 : 1);
    }
}
