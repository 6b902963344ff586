// A company on Kafka with CloudEvents' own SDK: it writes one need in each mode to in.<tenant>, and reads out.<tenant>.
//
// npm ci && HUB_KAFKA=broker:9092 HUB_TENANT=betangible HUB_PASSWORD=… node partner.mjs
import { CloudEvent, Kafka as Binding } from "cloudevents";
import { Kafka, logLevel } from "kafkajs";

const tenant = process.env.HUB_TENANT; // your organisation's slug, as `vet-hub tenant add` was told it
const prefix = process.env.HUB_TOPIC_PREFIX ?? ""; // only where hubs share a broker
const password = process.env.HUB_PASSWORD;
const sasl = password && { mechanism: "scram-sha-512", username: prefix + tenant, password };
const brokers = process.env.HUB_KAFKA.split(",");
const kafka = new Kafka({ brokers, ssl: Boolean(sasl), sasl: sasl || undefined, logLevel: logLevel.ERROR });

function need(id) {
  return new CloudEvent({
    id: `js-${id}`, // yours, and the same each time you send this fact: sent twice, it counts once
    source: `/companies/${tenant}`,
    type: "eu.vethub.need.published.v1",
    subject: `${tenant}/${id}`,
    time: "2026-11-23T09:00:00Z", // when it happened; the SDK would put the present moment, and again be other content
    datacontenttype: "application/json",
    data: {
      need_id: id,
      company_id: tenant,
      title: { en: "Operators for automatic cutting", es: "Operarios de corte automático" },
      headcount: 2,
      target_group: "cvet",
      skills: [{ uri: "http://data.europa.eu/esco/skill/1abcc511-ba5a-42e0-8d88-7efb39af4c36", weight: 5 }],
      locations: [{ nuts: "ES612", lat: 36.678, lon: -5.447, label: "Ubrique" }],
      languages: ["es"],
      start_window: { earliest: "2026-12-08", latest: "2027-02-28" },
      delivery_modes: ["workplace"],
      valid_until: "2027-03-31",
    },
  });
}

const producer = kafka.producer({ idempotent: true });
await producer.connect();
for (const { headers, body } of [Binding.binary(need("N-301")), Binding.structured(need("N-302"))]) {
  const value = typeof body === "string" ? body : JSON.stringify(body); // in binary mode the SDK hands the data as they are
  const given = Object.fromEntries(Object.entries(headers).filter(([, text]) => text !== undefined));
  await producer.send({ topic: `${prefix}in.${tenant}`, messages: [{ key: tenant, headers: given, value }] });
}
await producer.disconnect();

const consumer = kafka.consumer({ groupId: `${prefix}${tenant}.needs` }); // your groups' names begin with your slug
await consumer.connect();
await consumer.subscribe({ topic: `${prefix}out.${tenant}`, fromBeginning: true });
await consumer.run({
  eachMessage: async ({ message }) => {
    const headers = Object.fromEntries(Object.entries(message.headers).map(([name, value]) => [name, value.toString()]));
    const event = Binding.toEvent({ headers, key: message.key.toString(), value: message.value, body: message.value.toString() });
    console.log(JSON.stringify({ type: event.type, subject: event.subject, data: event.data })); // ^C ends it
  },
});
