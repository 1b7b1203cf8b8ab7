//! Sentences customers write, and what must be read in them. Pure.

use std::sync::OnceLock;

use super::*;

fn lexicon() -> &'static Lexicon {
    static LEXICON: OnceLock<Lexicon> = OnceLock::new();
    LEXICON.get_or_init(Lexicon::new)
}

fn shown(text: &str) -> Vec<&'static str> {
    lexicon().read(text).phrases.iter().map(|id| lexicon().phrase(*id)).collect()
}

/// Every sentence must complain about the network or not, as said.
fn all(sentences: &[&str], network: bool) {
    let wrong: Vec<_> = sentences.iter().filter(|s| lexicon().read(s).network != network).collect();
    let found: Vec<_> = wrong.iter().map(|s| (*s, shown(s))).collect();
    assert!(found.is_empty(), "{} of {} read wrongly: {found:#?}", found.len(), sentences.len());
}

const FRENCH_COMPLAINTS: [&str; 80] = [
    "ça coupe tout le temps à la maison",
    "Bonjour, ça capte pas dans mon appartement",
    "je ne capte rien chez moi",
    "Je capte très mal dans ma chambre",
    "je n'ai pas de réseau",
    "j'ai plus de réseau depuis lundi",
    "j'ai pas de réseau à la maison",
    "aucun réseau chez moi depuis deux jours",
    "toujours pas de réseau malgré mes appels",
    "Pas de signal dans le salon",
    "zéro barre dans la cuisine",
    "j'ai une seule barre de réseau",
    "problème de réseau à mon domicile",
    "J’ai des problèmes de réseau en permanence",
    "gros soucis de réseau dans tout l'appartement",
    "souci avec le réseau mobile",
    "problème réseau",
    "pb de réseau depuis hier",
    "de plus en plus de problèmes de réseau",
    "encore plus de coupures de réseau qu'avant",
    "les appels coupent au bout de deux minutes",
    "mes appels sont coupés sans arrêt",
    "l'appel coupe dès que je rentre",
    "la communication se coupe en permanence",
    "coupures d'appel incessantes",
    "coupures en pleine conversation",
    "appels hachés, on ne comprend rien",
    "mes appels n'aboutissent pas",
    "les appels ne passent pas",
    "les sms ne passent plus",
    "le réseau est catastrophique",
    "le réseau est vraiment très mauvais chez nous",
    "la 4G est très lente le soir",
    "réseau nul à la maison",
    "le réseau va et vient",
    "le réseau saute sans arrêt",
    "on perd le réseau dans la chambre",
    "je perds tout le temps le signal",
    "mauvaise réception à l'intérieur",
    "très mauvaise couverture dans mon quartier",
    "faible réception dans mon appartement",
    "mauvaise qualité d'appel",
    "je suis en zone blanche",
    "manque de réseau chez moi",
    "absence de réseau totale",
    "impossible de téléphoner de chez moi",
    "impossible de passer un appel depuis mon salon",
    "je n'arrive pas à téléphoner de la maison",
    "je n'arrive plus à recevoir des appels",
    "je ne peux pas passer d'appels",
    "on n'arrive pas à me joindre",
    "personne n'arrive à me joindre quand je suis chez moi",
    "je suis injoignable à la maison",
    "je dois sortir pour téléphoner",
    "obligé de sortir sur le balcon pour capter",
    "il faut sortir dans la rue pour avoir du réseau",
    "tombe directement sur ma messagerie",
    "ça n'arrête pas de couper",
    "appels d'urgence uniquement",
    "mon téléphone capte mal",
    "ça passe mal dans la cuisine",
    "la 4G ne fonctionne pas chez moi",
    "la 5G ne marche jamais",
    "le réseau ne passe pas",
    "Le reseau n'est pas terrible chez moi",
    "réception pas terrible",
    "CA CAPTE PAS CHEZ MOI !!!",
    "ça rame le soir à la maison",
    "internet est très lent le soir sur mon portable",
    "les vidéos chargent pas le soir",
    "on m'entend pas au téléphone",
    "voix robotique pendant les appels",
    "ça coupe plus souvent qu'avant",
    "ça ne capte presque pas, ça coupe",
    "le signal est très faible dans mon immeuble",
    "perte de réseau fréquente",
    "Rien à voir avec ma facture, je n'ai pas de réseau",
    "mon problème de réseau n'est toujours pas résolu",
    "j'attends que mon problème de réseau soit résolu",
    "ça marche partout sauf chez moi, aucun signal",
];

const ENGLISH_COMPLAINTS: [&str; 80] = [
    "my calls drop all the time at home",
    "calls keep dropping in my flat",
    "I have no signal at home",
    "no signal in my living room",
    "no bars in my kitchen",
    "there's no network in my apartment",
    "I only get one bar of signal",
    "it's a dead zone here",
    "we live in a dead spot",
    "terrible reception in my house",
    "the signal is really bad",
    "signal is very weak indoors",
    "Poor coverage at home",
    "very poor signal in my bedroom",
    "patchy 4G in my flat",
    "problem with the signal",
    "network problems again",
    "I keep having network issues",
    "trouble with my reception",
    "I can't make calls from home",
    "I can't make any calls",
    "cannot receive calls in my flat",
    "I can't get a signal",
    "I don't get any signal in the house",
    "I don't have signal indoors",
    "doesn't get reception in my room",
    "we never have any coverage here",
    "hardly any signal at my place",
    "my phone says no service",
    "phone shows emergency calls only",
    "the call cuts out after a minute",
    "call cut off again, third time today",
    "my calls get cut off",
    "dropped calls every day",
    "too many dropped calls",
    "I keep losing signal",
    "I keep losing the connection on calls",
    "we lose signal every evening",
    "the network goes down every night",
    "network is down again",
    "signal comes and goes",
    "the line breaks up constantly",
    "I have to go outside to make a call",
    "we have to stand by the window to get a signal",
    "calls go straight to voicemail",
    "nobody can reach me when I'm at home",
    "people can't hear me on the phone",
    "the calls won't connect",
    "calls don't go through",
    "texts don't go through",
    "4G doesn't work in my house",
    "mobile data isn't working at home",
    "lack of coverage in my building",
    "loss of signal every few minutes",
    "call quality is awful",
    "poor call quality",
    "robotic voice on every call",
    "the internet is so slow in the evening on my phone",
    "slow data at home in the evenings",
    "videos keep buffering in the evening",
    "NO SIGNAL AT HOME!!!",
    "I can’t get any signal in my flat",
    "I have not got a signal since Monday",
    "works everywhere except at home",
    "reception is rubbish in my flat",
    "coverage is non-existent here",
    "still no network after two weeks",
    "I'm losing signal all the time",
    "network is unreliable",
    "the signal keeps disappearing",
    "spotty coverage in my apartment",
    "not getting any signal",
    "no reception whatsoever",
    "zero bars upstairs",
    "unable to make calls indoors",
    "struggling, no mobile signal in the kitchen",
    "my network problem is still not fixed",
    "please fix the network issues at my address",
    "the billing is fine but the signal is terrible at home",
    "I get no signal, not a billing question",
];

const FRENCH_OTHERS: [&str; 60] = [
    "je n'ai pas de problème de réseau",
    "pas de problème de réseau",
    "pas de souci de réseau, je veux changer de forfait",
    "aucun souci de réseau",
    "aucun problème de réseau chez moi",
    "plus de problème de réseau depuis votre intervention",
    "je n'ai plus de problèmes de réseau",
    "je n'ai plus aucun problème de réseau",
    "je n'ai jamais eu de problème de réseau",
    "je n'ai pas eu de coupure de réseau",
    "sans problème de réseau jusqu'ici",
    "ni problème de réseau ni retard",
    "ce n'est pas un problème de réseau mais de facture",
    "je n'ai pas le moindre problème de réseau",
    "il n'y a plus de coupures d'appel",
    "ça ne coupe plus, merci",
    "ça coupe plus depuis hier",
    "ça ne coupe jamais chez moi",
    "le réseau ne coupe plus",
    "mes appels ne coupent plus",
    "le problème de réseau est résolu",
    "mon souci de réseau a été réglé, merci",
    "mes problèmes de réseau ont disparu",
    "ça capte bien chez moi",
    "ça capte pas mal à la maison",
    "je capte mieux depuis la semaine dernière",
    "le réseau est bon à la maison",
    "content du réseau",
    "très satisfait de la couverture",
    "rien à voir avec le réseau",
    "ma facture est trop élevée",
    "je conteste un hors forfait",
    "je veux résilier mon abonnement",
    "je veux changer de forfait",
    "comment activer l'option roaming",
    "j'ai perdu mon téléphone",
    "mon écran est cassé",
    "je souhaite une nouvelle carte SIM",
    "je n'ai pas reçu ma facture",
    "problème de facture",
    "problème avec ma box",
    "ma box internet ne marche pas",
    "la fibre coupe",
    "internet est très lent sur ma box",
    "pas d'internet sur la fibre à la maison",
    "problème de connexion à mon espace client sur mon ordinateur",
    "coupure d'électricité dans l'immeuble",
    "coupure de courant chez moi",
    "je suis sur les réseaux sociaux",
    "avez-vous une boutique près de chez moi",
    "livraison à la maison",
    "je voudrais déménager ma ligne",
    "quel est le prix du forfait 5G",
    "je veux passer à la 5G",
    "code PUK svp",
    "on m'a prélevé deux fois",
    "je n'ai pas de souci avec le réseau, c'est la facture",
    "je n'ai aucun souci particulier, je voulais connaître mes options",
    "j'ai plus de réseau qu'avant, bravo",
    "merci pour votre aide",
];

const ENGLISH_OTHERS: [&str; 60] = [
    "no problem with the signal",
    "no problems with the network at home",
    "I have no network problems",
    "no network problem, just a question",
    "I don't have any problem with the signal",
    "I don't have any signal problems",
    "I have never had any network issues",
    "never had a problem with the signal",
    "haven't had a dropped call since",
    "no dropped calls any more",
    "no more network problems, thank you",
    "no more signal issues since the repair",
    "it is not a network problem, it's my bill",
    "this isn't a signal issue",
    "without any network problems",
    "zero network issues",
    "the network problem is fixed",
    "my signal issue has been resolved",
    "the signal problem has gone, thanks",
    "calls no longer drop",
    "my calls never drop",
    "the signal is great at home",
    "signal is fine in my flat",
    "happy with the network",
    "I am pleased with the coverage",
    "nothing to do with the network",
    "the reception is good",
    "works fine at home",
    "my bill is too high",
    "I was charged twice",
    "I want to cancel my contract",
    "please change my plan",
    "how do I enable roaming",
    "I lost my phone",
    "my screen is broken",
    "I need a new SIM card",
    "I did not receive my invoice",
    "problem with my invoice",
    "terrible customer service",
    "poor service from your shop",
    "no service fee on my bill please",
    "my home broadband is slow",
    "the internet is very slow on my wifi router",
    "my fibre connection keeps dropping",
    "power outage in my building",
    "power cut at home",
    "I use social networks a lot",
    "is there a shop near my home",
    "delivery at home tomorrow",
    "how much is the 5G plan",
    "I want to upgrade to 5G",
    "what's my PUK code",
    "I work from home",
    "can you call me at home",
    "what does your coverage map say",
    "no complaints about the network",
    "I would like a refund",
    "thanks for your help",
    "change of address",
    "why did my price go up",
];

#[test]
fn french_complaints_are_read() {
    all(&FRENCH_COMPLAINTS, true);
}

#[test]
fn english_complaints_are_read() {
    all(&ENGLISH_COMPLAINTS, true);
}

#[test]
fn french_denials_and_other_matters_are_no_complaints() {
    all(&FRENCH_OTHERS, false);
}

#[test]
fn english_denials_and_other_matters_are_no_complaints() {
    all(&ENGLISH_OTHERS, false);
}

#[test]
fn the_home_is_named_in_both_languages() {
    for text in [
        "ça coupe à la maison",
        "je capte pas chez moi",
        "pas de réseau dans mon appartement",
        "aucun signal dans ma chambre",
        "réseau nul à l'intérieur",
        "pas de réseau à mon domicile",
        "je n'ai pas bien le réseau chez nous, problème de signal",
        "no signal at home",
        "calls drop in my flat",
        "no bars in the kitchen",
        "can't get a signal indoors",
        "poor reception at my place",
        "4G doesn't work in my house",
        "works everywhere except at home",
    ] {
        let reading = lexicon().read(text);
        assert!(reading.network && reading.home, "{text}: {reading:?} {:?}", shown(text));
    }
}

#[test]
fn a_home_where_all_is_well_is_not_named_as_the_place_of_the_trouble() {
    for text in [
        "ça capte pas au bureau mais ça va chez moi",
        "pas de réseau au travail, mais pas à la maison",
        "ça coupe dans le train, tout va bien à la maison",
        "no signal at work, fine at home",
        "calls drop on the train but not at home",
        "no signal in the office but it works well at home",
        "problème de réseau au travail",
        "no signal on the train",
    ] {
        let reading = lexicon().read(text);
        assert!(reading.network && !reading.home, "{text}: {reading:?} {:?}", shown(text));
    }
}

#[test]
fn phrases_are_returned_as_the_table_spells_them() {
    assert_eq!(shown("ca coupe tout le temps a la maison"), ["ça coupe", "à la maison"]);
    assert_eq!(shown("CHEZ MOI je n’ai PAS DE RESEAU"), ["chez moi", "pas de réseau"]);
    assert_eq!(shown("No bars, calls drop, no signal, at home"), ["No bars", "calls drop", "at home"].map(lower));
    assert!(shown("ma facture").is_empty());
}

fn lower(text: &'static str) -> &'static str {
    if text == "No bars" { "no bars" } else { text }
}

#[test]
fn at_most_three_phrases_are_kept_and_one_place_is_the_homes() {
    let many = "pas de signal, pas de réseau, ça coupe, ça saute, je perds le réseau et ça capte mal dans ma chambre";
    let reading = lexicon().read(many);
    assert_eq!(reading.phrases.len(), 3);
    assert_eq!(lexicon().phrase(reading.phrases[2]), "dans ma chambre");
    assert_eq!(shown("pas de signal, ça coupe, ça saute, ça capte mal").len(), 3);
}

#[test]
fn words_are_matched_whole() {
    all(&["les résolutions du réseautage", "signalisation", "no barstools", "athome is a brand"], false);
}

#[test]
fn odd_texts_are_read_without_harm() {
    for text in ["", " ", "!!!", "'", "’’", "\u{301}", "n't", "t", "pas", "a a a a a a a a", "🙂🙂 réseau 🙂"]
    {
        assert!(!lexicon().read(text).network, "{text:?}");
    }
    let long = "pas de réseau ".repeat(500);
    assert_eq!(lexicon().read(&long).phrases.len(), 1);
}

#[test]
fn each_language_has_sixty_network_phrases_and_more() {
    let mut section = String::new();
    let mut count = std::collections::BTreeMap::new();
    for line in TABLE.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
        if line.starts_with('[') {
            line.clone_into(&mut section);
        } else if section.starts_with("[network.") {
            let language = if section.ends_with("fr]") { "fr" } else { "en" };
            *count.entry(language).or_insert(0_usize) += expand(line, &[]).len();
        }
    }
    assert!(count["fr"] >= 60 && count["en"] >= 60, "{count:?}");
}

#[test]
fn an_unknown_number_is_an_empty_phrase() {
    assert_eq!(lexicon().phrase(PhraseId(u16::MAX)), "");
    assert!(!lexicon().is_empty() && lexicon().len() > 1000);
}

#[test]
fn lines_expand_to_every_choice_in_the_order_written() {
    let lists = [("<net>".to_owned(), "réseau|signal".to_owned())];
    assert_eq!(
        expand("(pas|plus) de <net>", &lists),
        ["pas de réseau", "pas de signal", "plus de réseau", "plus de signal"]
    );
    assert_eq!(expand("(<net>|barre) (très|) l' a", &lists)[..2], ["réseau très l'a", "réseau l'a"]);
}
