-- Punctuation says nothing here: « n.d. », « N/D », « - », « … » and « ? » are compared without it.
select
    case
        when texte is null then 'non_renseigne'
        when length(texte) <= 40 then
            '{
                "": "non_renseigne", "nd": "non_renseigne", "nc": "non_renseigne", "nr": "non_renseigne",
                "nsp": "non_renseigne", "nonrenseigne": "non_renseigne", "nonrenseignee": "non_renseigne",
                "noncommunique": "non_renseigne", "noncommuniquee": "non_renseigne", "nonconnu": "non_renseigne",
                "nonconnue": "non_renseigne", "inconnu": "non_renseigne", "inconnue": "non_renseigne",
                "nondisponible": "non_renseigne", "nondetermine": "non_renseigne", "nondeterminee": "non_renseigne",
                "acompleter": "non_renseigne", "avenir": "non_renseigne", "enattente": "non_renseigne",
                "pasdedonnee": "non_renseigne", "pasdedonnees": "non_renseigne", "donneemanquante": "non_renseigne",
                "donneenondisponible": "non_renseigne", "donneesnondisponibles": "non_renseigne",
                "arenseigner": "non_renseigne", "nesaitpas": "non_renseigne", "vide": "non_renseigne",
                "noncommuniques": "non_renseigne", "noncommuniquees": "non_renseigne",
                "nonrenseignes": "non_renseigne", "nonrenseignees": "non_renseigne", "nonconnus": "non_renseigne",
                "nonconnues": "non_renseigne", "inconnus": "non_renseigne", "inconnues": "non_renseigne",
                "nondisponibles": "non_renseigne", "pasdisponible": "non_renseigne",
                "nondetermines": "non_renseigne", "nondeterminees": "non_renseigne", "nondefini": "non_renseigne",
                "nondefinie": "non_renseigne", "apreciser": "non_renseigne", "adefinir": "non_renseigne",
                "adeterminer": "non_renseigne", "so": "non_concerne", "sansobjet": "non_concerne",
                "nonconcerne": "non_concerne", "nonconcernee": "non_concerne", "nonconcernes": "non_concerne",
                "nonconcernees": "non_concerne", "na": "non_concerne", "nonapplicable": "non_concerne",
                "pasconcerne": "non_concerne", "pasconcernee": "non_concerne", "nesappliquepas": "non_concerne",
                "pasconcernes": "non_concerne", "pasconcernees": "non_concerne"
            }'::jsonb ->> translate({{ function('normaliser') }}(texte), ' ./-?_*()''', '')
    end
