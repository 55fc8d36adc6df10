package personal

import (
	"fmt"
	"testing"
)

func TestDetectFindsPersonalData(t *testing.T) {
	for text, want := range map[string]Kind{
		"john.smith12@example.com":                             Email,
		"order for maria_garcia+shop7@mail.example.org please": Email,
		"JOHN@EXAMPLE.CO.UK":                                   Email,
		"johnsmith@gmail":                                      Email,
		"john (at) example.com":                                Email,
		"ｊｏｈｎ＠example.jp":                                      Email,
		"mailto:hans.müller@firma.de":                          Email,
		"jürgen@müller.de":                                     Email,

		"+1 (555) 010-0042":      Phone,
		"+49 170 55500042":       Phone,
		"+442079460958":          Phone,
		"call +33 6 12 34 56 78": Phone,
		"0049 170 5550012":       Phone,
		"00441632960003":         Phone,
		"(555) 213-0142":         Phone,
		"555-213-0142":           Phone,
		"555.213.0142":           Phone,
		"212 555 0142":           Phone,
		"1-800-555-0199":         Phone,
		"06 12 34 56 78":         Phone,
		"0612345678":             Phone,
		"07700900123":            Phone,
		"07700 900123":           Phone,
		"020 7946 0958":          Phone,
		"0170 5550012":           Phone,
		"0170/5550012":           Phone,
		"030 23125 042":          Phone,
		"01701234567":            Phone,
		"333 123 4567":           Phone,
		"612 34 56 78":           Phone,
		"612 345 678":            Phone,
		"601 234 567":            Phone,
		"22 123 45 67":           Phone,
		"070-123 45 67":          Phone,
		"090-1234-5678":          Phone,
		"０９０－１２３４－５６７８": Phone,
		"98765 43210":             Phone,
		"(11) 91234-5678":         Phone,
		"whatsapp 5512345678":     Phone,
		"telefonnummer 301234567": Phone,

		"105 maple street springfield il 62704":         Address,
		"lindenstraße 12 10115 berlin":                  Address,
		"Lindenstraße 12":                               Address,
		"LINDENSTRASSE 12A, 10115 BERLIN":               Address,
		"berliner straße 7":                             Address,
		"hauptstr. 5 80331 münchen":                     Address,
		"bahnhofstrasse 3 8001 zürich":                  Address,
		"am alten weg 3 12345 neustadt":                 Address,
		"42 elm avenue":                                 Address,
		"10 downing street":                             Address,
		"flat 3 12 high road leeds ls1 4ap":             Address,
		"17 church lane, cambridge cb2 1tn":             Address,
		"1600 amphitheatre pkwy mountain view ca 94043": Address,
		"200 wellington st ottawa k1a 0a9":              Address,
		"5 george street sydney nsw 2000":               Address,
		"12 rue de la paix 75002 paris":                 Address,
		"12 bis rue victor hugo":                        Address,
		"14 avenue des champs 75008 paris":              Address,
		"via roma 12 20121 milano":                      Address,
		"via giuseppe garibaldi 8":                      Address,
		"piazza del duomo 1 20122 milano":               Address,
		"calle mayor 15 28013 madrid":                   Address,
		"calle de alcalá 20":                            Address,
		"rua augusta 100 01305-000 são paulo":           Address,
		"keizersgracht 174 1016 dw amsterdam":           Address,
		"dorpsstraat 5":                                 Address,
		"ul. długa 5 00-238 warszawa":                   Address,
		"ul. długa 5/7":                                 Address,
		"drottninggatan 4 111 51 stockholm":             Address,
		"kungsgatan 12":                                 Address,
		"atatürk mahallesi gül sokak no:5 ankara":       Address,
		"〒105-0011":                                     Address,
		"東京都港区芝公園4-2-8":                                 Address,
		"渋谷区道玄坂1丁目2番3号":                                 Address,
		"po box 1234":                                   Address,
		"postfach 10 12 34":                             None, // no telling from a size
	} {
		if got := Detect(text); got != want {
			t.Errorf("%q is %q, want %q", text, got, want)
		}
	}
}

// shopping are terms of every kind that shoppers type.
var shopping = []string{
	"", " ", "*", "water bottle", "iphone 15 pro max 256gb", "10x20 gazebo", "din 912 m8 x 20", "b08n5wrwnw", "B08N5WRWNW",
	"4006381333931", "ean 4006381333931", "0049000042566", "012345678905", "90 x 200 matratze", "140x200", "wd 40 400ml",
	"straße der ölsardinen", "lindenstraße staffel 5", "lindenstraße dvd 1-10", "lego straße 60236", "street glide 2014",
	"2014 harley street glide", "sesame street 1st birthday", "street fighter 6", "21 jump street", "21 jump street dvd",
	"air jordan 1 high og", "hot wheels 1 64 street racer", "2 pack street tires 26 inch", "12 inch street bike", "10 cloverfield lane",
	"64 usb flash drive", "2 tb hard drive external", "64 gb flash drive", "8 way power strip", "5 star hotel towels", "2 way radio",
	"700x28c road tyre", "28 inch road bike", "monopoly 2 players", "canapé 2 places", "2 place canapé gonflable", "poussette 3 roues avenue",
	"5th avenue perfume", "5 avenue perfume", "8 mile dvd", "route 66", "ul wielkopolski 10 ramkowy", "corso di inglese 1",
	"via lattea", "calle 13", "rue 21", "ring 585 gold 54", "ehering 333 gold 60", "platz deckchen 4er set", "gartenweg platten 30x30",
	"bosch 0986494123", "bosch 0 986 494 123", "0261230027", "0601394600 bosch", "bmw 07119906463", "bmw 11 42 7 566 327", "a 000 989 69 03",
	"vw 06a 115 561 b", "makita dhp484", "canon pg-545xl cl-546xl", "hp 304", "epson 603xl", "brother tn-2420", "gpu rtx 4090 24gb",
	"05 06 07 08 09 mustang", "2005 2006 2007 2008 f150", "07 08 10 12 14 silverado", "2015-2018 f150", "01.02.2024", "01/2024-03/2026",
	"isbn 978-3-16-148410-0", "0-306-40615-2", "9783161484100", "3161484100", "1000 mah", "5000 ml", "10000 mah power bank", "1920 x 1080",
	"3840x2160 144hz", "100 200 300 sandpaper", "400 600 1000 1200 grit", "sandpaper 120 240 400 600", "600 800 1000 grit", "size 36 38 40 42",
	"12.99", "under $20", "1.000.000", "100%", "50 %", "1/4 x 20", "3/8 drive ratchet", "1/2 inch drive socket", "9v battery 8 pack", "aa batteries 48 count",
	"led 5000k 1600 lumen", "h7 12v 55w", "225 45 17 reifen", "205/55 r16 91v", "195 65 15", "m10 1.25 60mm", "v 8 1234", "lego 75192", "lego 10497 42115 31120",
	"pokemon 151", "1000 piece puzzle", "7 11", "360 camera", "3 in 1 charger", "4 court badminton net", "1 dr martens 1460", "dr scholls 2 pack",
	"st patricks day 2024", "12 st moritz", "st. ives 10 oz", "place mats 6", "square 4 inch tile", "way 2 go", "close up 100ml", "ps5 2 controllers",
	"@home", "iphone @ 15", "a4 papier 80g 500 blatt", "toner 415a 4er", "usb c 3.2 gen 2 10 gbps", "matratze 180 200 20", "ordner 80 mm 10 stück",
	"シャープペン 0.5", "iphone15 ケース", "5号 リング", "県産 米 5kg", "10kg 米 新潟県産", "都会 2 3", "道具 4-2", "京都 抹茶 100g", "アリババ 2024",
	"ساعة 2024", "café 1kg", "größe 42", "ÖL 5W30 5L", "schrauben 4x40 200 stück", "poster 50x70", "kabel 3x1.5 50m", "tel aviv 2000", "nokia telefon 3310 2017",
	"box 20", "5 box", "xbox 360 4gb", "phone case 12345678", "call of duty 6", "no 5 chanel", "chanel no 5 100ml", "n95 mask 50", "cad 2024 software no 1",
	"samsung ue55au7179uxzg", "ikea 404.123.45", "404.123.45", "ikea 802.611.50", "pc 32gb 3200", "ddr4 3200 16gb 2x8", "16 3200 32", "1 2 3 4 5 6 7 8 9",
	"1 000 000", "20 000 lieues sous les mers", "1984", "2001 space odyssey", "2 drive 4", "12 ln", "7 ct diamond ring 14 k", "3 ct 14k white gold",
	"street art poster 50x70", "abbey road", "3 road bike tubes 700", "5 grove flags", "2012 street triple", "675 street triple", "12 gardens",
}

func TestDetectLeavesShoppingAlone(t *testing.T) {
	for _, text := range shopping {
		if got := Detect(text); got != None {
			t.Errorf("%q is held back as %q", text, got)
		}
	}
}

func FuzzDetect(f *testing.F) {
	for _, text := range shopping {
		f.Add(text)
	}
	f.Add("lindenstraße 12 10115 berlin")
	f.Add("+1 (555) 010-0042")
	f.Add("john (at) example.com")
	f.Fuzz(func(t *testing.T, text string) {
		switch kind := Detect(text); kind {
		case None, Email, Phone, Address:
		default:
			t.Errorf("%q is %q", text, kind)
		}
	})
}

func BenchmarkDetect(b *testing.B) {
	for name, texts := range map[string][]string{
		"plain":    {"insulated water bottle with straw", "kids gym bag leak proof"},
		"numbered": {"water bottle steel 123456", "iphone 15 pro max 256gb", "10x20 gazebo"},
		"foreign":  {"trinkflasche für kinder 500ml", "größe 42 schuhe"},
		"personal": {"john.smith12@example.com", "lindenstraße 12 10115 berlin", "+49 170 55500042"},
	} {
		b.Run(fmt.Sprint(name), func(b *testing.B) {
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				Detect(texts[i%len(texts)])
			}
		})
	}
}
