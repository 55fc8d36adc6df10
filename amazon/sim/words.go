package sim

// family is one kind of thing a brand sells, with the words shoppers search it
// by in each language.
type family struct {
	name  string // in English, used in titles
	price int64  // typical price in cents of a dollar
	words map[string][]string
}

// niche is a field of business: families, and the words that narrow a search.
type niche struct {
	families []family
	after    map[string][]string // narrowing words of this field, put after the noun
}

// lexicon holds a language's general search words.
type lexicon struct {
	before []string // put before the noun
	after  []string // put after it
	waste  []string // make a search worthless to a seller of the thing
}

var niches = []niche{
	{after: map[string][]string{
		"en": {"bpa free", "with lid", "with handle", "1 litre", "500ml", "easy clean", "leakproof", "insulated", "for gym", "dishwasher safe"},
		"de": {"bpa frei", "mit deckel", "mit griff", "1 liter", "500 ml", "spülmaschinenfest", "auslaufsicher", "isoliert", "ohne weichmacher", "für sport"},
		"fr": {"sans bpa", "avec couvercle", "1 litre", "500 ml", "étanche", "inox"},
		"es": {"sin bpa", "con tapa", "1 litro", "500 ml", "acero inoxidable", "gimnasio"},
		"it": {"senza bpa", "con coperchio", "1 litro", "500 ml", "acciaio inox", "palestra"},
		"ja": {"保温", "保冷", "1リットル", "500ml", "ステンレス", "洗いやすい"},
	}, families: []family{
		{"Water Bottle", 2499, map[string][]string{
			"en": {"water bottle", "drink bottle", "sports bottle", "water flask"},
			"de": {"trinkflasche", "wasserflasche", "sportflasche"},
			"fr": {"gourde", "bouteille d'eau"}, "es": {"botella de agua", "cantimplora"},
			"it": {"borraccia", "bottiglia d'acqua"}, "ja": {"水筒", "ウォーターボトル"}}},
		{"Insulated Tumbler", 2799, map[string][]string{
			"en": {"tumbler", "insulated tumbler", "tumbler with straw"},
			"de": {"trinkbecher", "becher mit strohhalm", "isolierbecher"},
			"fr": {"gobelet isotherme", "mug avec paille"}, "es": {"vaso térmico", "vaso con pajita"},
			"it": {"bicchiere termico"}, "ja": {"タンブラー", "真空断熱タンブラー"}}},
		{"Travel Mug", 2199, map[string][]string{
			"en": {"travel mug", "coffee mug", "thermal cup", "coffee cup"},
			"de": {"thermobecher", "kaffeebecher to go", "reisebecher"},
			"fr": {"mug de voyage", "tasse isotherme"}, "es": {"taza de viaje", "taza térmica"},
			"it": {"tazza da viaggio", "tazza termica"}, "ja": {"マグカップ 蓋付き", "コーヒーカップ"}}},
		{"Lunch Box", 2999, map[string][]string{
			"en": {"lunch box", "bento box", "lunch container"},
			"de": {"brotdose", "lunchbox", "bento box"},
			"fr": {"lunch box", "boîte à repas"}, "es": {"fiambrera", "caja bento"},
			"it": {"porta pranzo", "lunch box"}, "ja": {"弁当箱", "ランチボックス"}}},
		{"Food Jar", 2399, map[string][]string{
			"en": {"food jar", "food thermos", "soup container"},
			"de": {"thermobehälter für essen", "speisegefäß", "warmhaltebox"},
			"fr": {"thermos alimentaire"}, "es": {"termo para comida"},
			"it": {"thermos per alimenti"}, "ja": {"スープジャー", "フードジャー"}}},
		{"Lunch Bag", 1899, map[string][]string{
			"en": {"lunch bag", "cooler bag", "lunch tote"},
			"de": {"kühltasche klein", "lunchtasche"},
			"fr": {"sac repas", "sac isotherme"}, "es": {"bolsa térmica"},
			"it": {"borsa termica"}, "ja": {"ランチバッグ", "保冷バッグ"}}},
		{"Bottle Brush", 999, map[string][]string{
			"en": {"bottle brush", "straw cleaner", "bottle cleaning brush"},
			"de": {"flaschenbürste", "bürste für trinkhalme"},
			"fr": {"goupillon", "brosse bouteille"}, "es": {"cepillo para botellas"},
			"it": {"scovolino bottiglie"}, "ja": {"ボトルブラシ"}}},
		{"Reusable Straws", 899, map[string][]string{
			"en": {"reusable straws", "metal straws", "silicone straws"},
			"de": {"strohhalme wiederverwendbar", "trinkhalme edelstahl"},
			"fr": {"pailles réutilisables"}, "es": {"pajitas reutilizables"},
			"it": {"cannucce riutilizzabili"}, "ja": {"シリコンストロー"}}},
		{"Storage Containers", 3499, map[string][]string{
			"en": {"food storage containers", "glass containers with lids", "meal prep containers"},
			"de": {"frischhaltedosen", "meal prep boxen", "vorratsdosen glas"},
			"fr": {"boîtes hermétiques"}, "es": {"recipientes herméticos"},
			"it": {"contenitori alimentari"}, "ja": {"保存容器 ガラス"}}},
		{"Ice Cube Tray", 1499, map[string][]string{
			"en": {"ice cube tray", "silicone ice mold"},
			"de": {"eiswürfelform", "eiswürfelbehälter"},
			"fr": {"bac à glaçons"}, "es": {"cubitera silicona"},
			"it": {"stampo per ghiaccio"}, "ja": {"製氷皿"}}},
		{"French Press", 3299, map[string][]string{
			"en": {"french press", "coffee press", "cafetiere"},
			"de": {"french press", "kaffeebereiter", "pressstempelkanne"},
			"fr": {"cafetière à piston"}, "es": {"cafetera francesa"},
			"it": {"caffettiera a stantuffo"}, "ja": {"フレンチプレス"}}},
		{"Carafe", 3799, map[string][]string{
			"en": {"coffee carafe", "thermal carafe", "water pitcher"},
			"de": {"isolierkanne", "thermoskanne", "wasserkaraffe"},
			"fr": {"carafe isotherme"}, "es": {"jarra térmica"},
			"it": {"caraffa termica"}, "ja": {"卓上ポット"}}},
	}},
	{after: map[string][]string{
		"en": {"2 person", "lightweight", "waterproof", "for hiking", "for festival", "ultralight", "winter", "for wild camping", "compact fold", "heavy duty"},
		"de": {"2 personen", "ultraleicht", "wasserdicht", "zum wandern", "für festival", "kleines packmaß", "winter", "für trekking", "extra groß", "robust"},
		"fr": {"randonnée", "étanche", "ultra léger", "2 personnes", "hiver", "compact"},
		"es": {"senderismo", "impermeable", "ultraligero", "2 personas", "invierno", "compacto"},
		"it": {"trekking", "impermeabile", "ultraleggero", "2 posti", "invernale", "compatto"},
		"ja": {"防水", "一人用", "二人用", "冬用", "超軽量", "登山"},
	}, families: []family{
		{"Tent", 12999, map[string][]string{
			"en": {"tent", "camping tent", "pop up tent"}, "de": {"zelt", "campingzelt", "wurfzelt"},
			"fr": {"tente de camping"}, "es": {"tienda de campaña"}, "it": {"tenda da campeggio"}, "ja": {"テント", "ワンタッチテント"}}},
		{"Sleeping Bag", 5999, map[string][]string{
			"en": {"sleeping bag", "mummy sleeping bag"}, "de": {"schlafsack", "mumienschlafsack", "hüttenschlafsack"},
			"fr": {"sac de couchage"}, "es": {"saco de dormir"}, "it": {"sacco a pelo"}, "ja": {"寝袋", "シュラフ"}}},
		{"Camping Mat", 4499, map[string][]string{
			"en": {"camping mat", "sleeping pad", "inflatable mat"}, "de": {"isomatte", "luftmatratze camping", "schlafmatte"},
			"fr": {"matelas de camping"}, "es": {"esterilla camping"}, "it": {"materassino campeggio"}, "ja": {"キャンプマット"}}},
		{"Head Torch", 2299, map[string][]string{
			"en": {"head torch", "headlamp", "head light"}, "de": {"stirnlampe", "kopflampe"},
			"fr": {"lampe frontale"}, "es": {"linterna frontal"}, "it": {"torcia frontale"}, "ja": {"ヘッドライト"}}},
		{"Camping Chair", 3999, map[string][]string{
			"en": {"camping chair", "folding chair"}, "de": {"campingstuhl", "klappstuhl"},
			"fr": {"chaise de camping"}, "es": {"silla de camping"}, "it": {"sedia da campeggio"}, "ja": {"キャンプ 椅子"}}},
		{"Rucksack", 6999, map[string][]string{
			"en": {"rucksack", "hiking backpack", "daypack"}, "de": {"wanderrucksack", "trekkingrucksack", "tagesrucksack"},
			"fr": {"sac à dos randonnée"}, "es": {"mochila senderismo"}, "it": {"zaino trekking"}, "ja": {"登山リュック"}}},
		{"Camping Stove", 3499, map[string][]string{
			"en": {"camping stove", "gas stove camping"}, "de": {"gaskocher", "campingkocher"},
			"fr": {"réchaud camping"}, "es": {"hornillo camping"}, "it": {"fornello da campeggio"}, "ja": {"シングルバーナー"}}},
		{"Trekking Poles", 4299, map[string][]string{
			"en": {"trekking poles", "walking poles", "hiking sticks"}, "de": {"wanderstöcke", "trekkingstöcke", "walkingstöcke"},
			"fr": {"bâtons de marche"}, "es": {"bastones de senderismo"}, "it": {"bastoncini trekking"}, "ja": {"トレッキングポール"}}},
		{"Dry Bag", 1799, map[string][]string{
			"en": {"dry bag", "waterproof bag"}, "de": {"packsack wasserdicht", "dry bag"},
			"fr": {"sac étanche"}, "es": {"bolsa estanca"}, "it": {"sacca stagna"}, "ja": {"ドライバッグ"}}},
		{"Rain Poncho", 1999, map[string][]string{
			"en": {"rain poncho", "waterproof poncho"}, "de": {"regenponcho", "regencape"},
			"fr": {"poncho de pluie"}, "es": {"poncho impermeable"}, "it": {"poncho impermeabile"}, "ja": {"レインポンチョ"}}},
		{"Cook Set", 3299, map[string][]string{
			"en": {"camping cookware", "camping pots", "mess kit"}, "de": {"campinggeschirr", "kochset camping", "topfset outdoor"},
			"fr": {"popote camping"}, "es": {"set cocina camping"}, "it": {"set pentole campeggio"}, "ja": {"クッカーセット"}}},
		{"Hammock", 2999, map[string][]string{
			"en": {"hammock", "camping hammock"}, "de": {"hängematte", "reisehängematte"},
			"fr": {"hamac"}, "es": {"hamaca"}, "it": {"amaca"}, "ja": {"ハンモック"}}},
	}},
}

var lexicons = map[string]lexicon{
	"en": {
		before: []string{"best", "large", "small", "kids", "stainless steel", "black", "pink", "blue", "green", "cheap", "portable", "premium", "compact", "mini"},
		after:  []string{"for kids", "for women", "for men", "for school", "for travel", "for work", "set of 2", "gift", "sale", "2 pack", "for adults", "for car"},
		waste:  []string{"repair kit", "replacement parts", "drawing", "sticker", "instructions", "template", "costume", "book", "second hand", "sewing pattern"},
	},
	"de": {
		before: []string{"beste", "große", "kleine", "kinder", "leichte", "edelstahl", "schwarze", "rosa", "blaue", "grüne", "günstige", "tragbare", "hochwertige", "kompakt", "mini"},
		after:  []string{"für kinder", "für damen", "für herren", "für die schule", "für reisen", "fürs büro", "2er set", "geschenk", "angebot", "2 stück", "für erwachsene", "fürs auto"},
		waste:  []string{"reparaturset", "ersatzteile", "malvorlage", "aufkleber", "anleitung", "schnittmuster", "kostüm", "buch", "gebraucht", "mieten"},
	},
	"fr": {
		before: []string{"meilleure", "grande", "petite", "mini"},
		after:  []string{"enfant", "femme", "homme", "école", "voyage", "bureau", "lot de 2", "léger", "cadeau", "sport", "noir", "rose", "bleu", "vert", "pas cher"},
		waste:  []string{"pièces détachées", "coloriage", "autocollant", "mode d'emploi", "patron couture", "livre", "occasion", "location"},
	},
	"es": {
		before: []string{"mejor", "mini"},
		after:  []string{"niños", "mujer", "hombre", "colegio", "viaje", "oficina", "pack 2", "ligera", "regalo", "negro", "rosa", "azul", "verde", "barata", "pequeña", "grande"},
		waste:  []string{"repuestos", "dibujo", "pegatina", "instrucciones", "patrón", "disfraz", "libro", "segunda mano"},
	},
	"it": {
		before: []string{"migliore", "mini"},
		after:  []string{"bambini", "donna", "uomo", "scuola", "viaggio", "ufficio", "set 2", "leggera", "regalo", "nero", "rosa", "blu", "verde", "economica", "piccola", "grande"},
		waste:  []string{"ricambi", "da colorare", "adesivo", "istruzioni", "cartamodello", "costume", "libro", "usato"},
	},
	"ja": {
		before: []string{"おしゃれ", "小型", "大容量", "子供用"},
		after:  []string{"子供", "レディース", "メンズ", "軽量", "ギフト", "セット", "黒", "ピンク", "青", "コンパクト", "人気", "大きい", "小さい"},
		waste:  []string{"修理", "部品", "イラスト", "シール", "説明書", "型紙", "中古", "レンタル"},
	},
}

// languages maps a country to the languages searched in, the main one first.
// Countries that are not listed search in English.
var languages = map[string][]string{
	"US": {"en", "es"}, "GB": {"en"}, "DE": {"de", "en"}, "FR": {"fr", "en"}, "BE": {"fr", "en"},
	"IT": {"it", "en"}, "ES": {"es", "en"}, "MX": {"es", "en"}, "JP": {"ja", "en"}, "CA": {"en", "fr"},
}

// The brands are invented. An account's brand is the one at its index.
var brands = []string{"Velmora", "Nordhain", "Quillbrook", "Tarnholt", "Ostrevia", "Kelmire", "Brindaway", "Solvarre"}

var competitors = [][]string{
	{"Hydravane", "Klaroflask", "Pemberlyn", "Ozuvio", "Tidewick", "Marlopure"},
	{"Berglund Trail", "Fjordmark", "Camporra", "Wildervane", "Steinpfad", "Ottrek"},
}
